/** How well a score tells positives from negatives: the ROC curve, the area under it and how far n values tell it. */
import { normalQuantile, type Interval } from './statistics'

/** Values of a score that is higher for what is looked for. */
export interface ScoredSides {
  readonly positives: readonly number[]
  readonly negatives: readonly number[]
}

/**
 * Area under the ROC curve: P(positive > negative) + ½ P(equal) over all pairs, which is Mann and Whitney's U / (m n);
 * 0.5: the score tells nothing. null where one side is empty. E.g. of positives 2, 3 and negatives 1, 2: 0.875.
 */
export function areaUnderRoc({ positives, negatives }: ScoredSides): number | null {
  if (positives.length === 0 || negatives.length === 0) return null
  const sorted = Float64Array.from(negatives).sort()
  let wins = 0
  for (const value of positives) {
    const below = countBelow(sorted, value, false)
    wins += below + (countBelow(sorted, value, true) - below) / 2
  }
  return wins / (positives.length * negatives.length)
}

/** How many of the ascending values lie below `value`, or at it too. */
function countBelow(sorted: Float64Array, value: number, inclusive: boolean): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    const entry = sorted[middle] ?? Infinity
    if (entry < value || (inclusive && entry === value)) low = middle + 1
    else high = middle
  }
  return low
}

const halvings = 60

/**
 * 95 % interval of an area under a ROC curve of so many positives and negatives: all θ with |auc − θ| ≤ z √V(θ),
 * V(θ) = θ (1 − θ) (1 + N (1 − θ)/(2 − θ) + N θ/(1 + θ)) / (m n), N = (m + n)/2 − 1. Unlike DeLong's it has a width
 * where the two sides do not overlap at all. E.g. of 0.9 with 20 and 20: 0.7465 … 0.9621.
 * Reference: Newcombe 2006, Statistics in Medicine 25:559–573, method 5.
 */
export function aucInterval(auc: number, positives: number, negatives: number): Interval {
  const extra = (positives + negatives) / 2 - 1
  const isInside = (theta: number): boolean => {
    const growth = 1 + (extra * (1 - theta)) / (2 - theta) + (extra * theta) / (1 + theta)
    return (auc - theta) ** 2 <= (normalQuantile ** 2 * theta * (1 - theta) * growth) / (positives * negatives)
  }
  const endTowards = (outside: number): number => {
    if (outside === auc) return auc
    let [inner, outer] = [auc, outside]
    for (let step = 0; step < halvings; step++) {
      const middle = (inner + outer) / 2
      if (isInside(middle)) inner = middle
      else outer = middle
    }
    return inner
  }
  return { low: endTowards(0), high: endTowards(1) }
}

/** One place of a ROC curve: shares of the negatives and of the positives whose score is at least a threshold. */
export interface RocPoint {
  readonly falsePositives: number
  readonly truePositives: number
}

/** From (0, 0) to (1, 1), a point for each value that occurs, the highest first. */
export function rocCurve({ positives, negatives }: ScoredSides): RocPoint[] {
  const scored = [
    ...positives.map((value) => ({ value, isPositive: true })),
    ...negatives.map((value) => ({ value, isPositive: false })),
  ].sort((left, right) => right.value - left.value)
  const points: RocPoint[] = [{ falsePositives: 0, truePositives: 0 }]
  let [found, wrong] = [0, 0]
  scored.forEach(({ value, isPositive }, index) => {
    if (isPositive) found++
    else wrong++
    if (scored[index + 1]?.value === value) return
    points.push({
      falsePositives: wrong / Math.max(1, negatives.length),
      truePositives: found / Math.max(1, positives.length),
    })
  })
  return points
}
