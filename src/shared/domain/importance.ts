/**
 * How much of a result goes with a setting: association over the models that there are. It says nothing of causes, and
 * settings that were varied together cannot be told apart.
 */

export interface Association {
  /** rank: |ρ| of Spearman, for numbers; ratio: η, the root of the correlation ratio, for kinds. */
  readonly measure: 'rank' | 'ratio'
  /** 0: none; 1: the setting tells the result. */
  readonly strength: number
  /** Of a rank correlation: whether the result rises with the setting, or falls. */
  readonly direction: 'rises' | 'falls' | null
  /** Models with a value of both. */
  readonly n: number
  /** Values of the setting among them. */
  readonly values: number
}

/** Of fewer models nothing is said. */
export const fewestModels = 8

/** Ranks from 1; equal values share the mean of theirs. E.g. of 5, 1, 5: 2.5, 1, 2.5. */
export function ranksOf(values: ArrayLike<number>): Float64Array {
  const order = Array.from({ length: values.length }, (_, index) => index)
  order.sort((left, right) => (values[left] ?? NaN) - (values[right] ?? NaN))
  const ranks = new Float64Array(values.length)
  for (let start = 0; start < order.length;) {
    let end = start + 1
    while (end < order.length && values[order[end] ?? 0] === values[order[start] ?? 0]) end++
    for (let at = start; at < end; at++) ranks[order[at] ?? 0] = (start + end + 1) / 2
    start = end
  }
  return ranks
}

/** r = Σ (x − x̄)(y − ȳ) / √(Σ (x − x̄)² Σ (y − ȳ)²); 0 where one of them does not vary. */
function correlation(first: ArrayLike<number>, second: ArrayLike<number>): number {
  const n = first.length
  let [sumX, sumY] = [0, 0]
  for (let at = 0; at < n; at++) {
    sumX += first[at] ?? 0
    sumY += second[at] ?? 0
  }
  let [xx, yy, xy] = [0, 0, 0]
  for (let at = 0; at < n; at++) {
    const [dx, dy] = [(first[at] ?? 0) - sumX / n, (second[at] ?? 0) - sumY / n]
    xx += dx * dx
    yy += dy * dy
    xy += dx * dy
  }
  return xx === 0 || yy === 0 ? 0 : xy / Math.sqrt(xx * yy)
}

/**
 * Spearman's ρ: the correlation of the ranks. −1 … 1; 0 where one of them does not vary.
 * E.g. of (1, 2, 3, 4) and (1, 3, 2, 4): 0.8. Source: Spearman, Am. J. Psychol. 15 (1904), 72.
 */
export const rankCorrelation = (first: ArrayLike<number>, second: ArrayLike<number>): number =>
  correlation(ranksOf(first), ranksOf(second))

/**
 * η² = Σ n_k (ȳ_k − ȳ)² / Σ (y − ȳ)²: the share of the variance that lies between the kinds. 0 where y does not vary.
 * It is not corrected for their number: of many kinds with few models each it is high by chance.
 * E.g. of a 1, a 3, b 5, b 7: 0.8. Source: Fisher, Statistical Methods for Research Workers (1925), § 45.
 */
export function correlationRatio(kinds: readonly string[], values: ArrayLike<number>): number {
  const groups = new Map<string, { sum: number; count: number }>()
  let total = 0
  kinds.forEach((kind, at) => {
    const value = values[at] ?? 0
    total += value
    const group = groups.get(kind) ?? { sum: 0, count: 0 }
    groups.set(kind, { sum: group.sum + value, count: group.count + 1 })
  })
  const mean = total / kinds.length
  let [between, all] = [0, 0]
  for (const { sum, count } of groups.values()) between += count * (sum / count - mean) ** 2
  for (let at = 0; at < kinds.length; at++) all += ((values[at] ?? 0) - mean) ** 2
  return all === 0 ? 0 : between / all
}

/**
 * How much of a result goes with a setting, of the models with a value of both; null of fewer than `fewestModels`, and
 * where the setting does not vary among them.
 * @param setting numbers (NaN: none), or kinds (null: none)
 * @param result by the same places; NaN: not measured
 */
export function associationOf(
  setting: Float64Array | readonly (string | null)[],
  result: Float64Array,
): Association | null {
  const known: number[] = []
  for (let at = 0; at < result.length; at++) {
    const value = setting[at] ?? null
    if (value !== null && !Number.isNaN(value) && !Number.isNaN(result[at] ?? NaN)) known.push(at)
  }
  const n = known.length
  const values = new Set(known.map((at) => setting[at])).size
  if (n < fewestModels || values < 2) return null
  const results = Float64Array.from(known, (at) => result[at] ?? NaN)
  if (setting instanceof Float64Array) {
    const rho = rankCorrelation(
      Float64Array.from(known, (at) => setting[at] ?? NaN),
      results,
    )
    return { measure: 'rank', strength: Math.abs(rho), direction: rho < 0 ? 'falls' : 'rises', n, values }
  }
  const kinds = known.map((at) => setting[at] ?? '')
  return { measure: 'ratio', strength: Math.sqrt(correlationRatio(kinds, results)), direction: null, n, values }
}
