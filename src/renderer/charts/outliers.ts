/** Where most values lie, so that a few far ones do not flatten the rest. */

export interface Column {
  readonly x: Float64Array
  readonly y: Float64Array
}

/** Values of a line that are looked at for quantiles. */
const sampleSize = 2000
const [lowShare, highShare] = [0.02, 0.98]

/**
 * The 2nd to the 98th percentile of what is visible, 15 % of it wider at either end; never wider than what there is.
 * null where there are too few values for quantiles.
 */
export function robustRange(columns: readonly Column[], from: number, to: number): [number, number] | null {
  const sample: number[] = []
  let [lowest, highest] = [Infinity, -Infinity]
  for (const { x, y } of columns) {
    const every = Math.max(1, Math.floor(x.length / sampleSize))
    for (let index = 0; index < y.length; index++) {
      const value = y[index]!
      if (!Number.isFinite(value) || x[index]! < from || x[index]! > to) continue
      if (value < lowest) lowest = value
      if (value > highest) highest = value
      if (index % every === 0) sample.push(value)
    }
  }
  if (sample.length < 20) return null
  const sorted = Float64Array.from(sample).sort()
  const at = (share: number): number => sorted[Math.round(share * (sorted.length - 1))]!
  const [low, high] = [at(lowShare), at(highShare)]
  const more = (high - low || Math.abs(high) || 1) * 0.15
  return [Math.max(lowest, low - more), Math.min(highest, high + more)]
}

/** How many visible values a range leaves out. */
export function countOutside(
  columns: readonly Column[],
  [low, high]: readonly [number, number],
  visible: readonly [number, number],
): number {
  let count = 0
  for (const { x, y } of columns)
    for (let index = 0; index < y.length; index++) {
      const value = y[index]!
      if (Number.isFinite(value) && (value < low || value > high) && x[index]! >= visible[0] && x[index]! <= visible[1])
        count++
    }
  return count
}
