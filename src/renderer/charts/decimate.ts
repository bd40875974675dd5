import type { MetricSeries } from '@shared/domain'

/**
 * The smallest and largest value per pixel column, in the order in which they came, so that no spike is lost and a
 * chart
 * never draws more than two points a column. Series that already fit come back whole.
 *
 * steps ascend; non-finite values are left out. Returns [step, value] pairs.
 */
export function decimateMinMax(
  series: MetricSeries,
  columns: number,
  from = -Infinity,
  to = Infinity,
): [number, number][] {
  const { steps, values } = series
  const start = lowerBound(steps, from)
  const end = Math.max(start, upperBound(steps, to))
  const points: [number, number][] = []
  if (end - start <= columns * 2) {
    for (let i = start; i < end; i++) if (Number.isFinite(values[i])) points.push([steps[i]!, values[i]!])
    return points
  }
  const first = steps[start]!
  const width = (steps[end - 1]! - first) / columns || 1
  let index = start
  for (let column = 0; column < columns && index < end; column++) {
    const limit = first + width * (column + 1)
    const behind = column === columns - 1 ? end : Math.min(end, lowerBound(steps, limit))
    for (const extreme of extremesOf(values, index, behind)) points.push([steps[extreme]!, values[extreme]!])
    index = behind
  }
  return points
}

/** Where the smallest and the largest finite value of [start, end) lie, in the order in which they came, each once. */
function extremesOf(values: Float64Array, start: number, end: number): number[] {
  let lowest = -1
  let highest = -1
  for (let index = start; index < end; index++) {
    const value = values[index]!
    if (!Number.isFinite(value)) continue
    if (lowest < 0 || value < values[lowest]!) lowest = index
    if (highest < 0 || value > values[highest]!) highest = index
  }
  if (lowest < 0) return []
  return lowest === highest ? [lowest] : [Math.min(lowest, highest), Math.max(lowest, highest)]
}

/** Index of the first entry that is not below the value. */
export function lowerBound(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! < value) low = middle + 1
    else high = middle
  }
  return low
}

function upperBound(sorted: Float64Array, value: number): number {
  let low = 0
  let high = sorted.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (sorted[middle]! <= value) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * Exponential moving average with bias correction, as TensorBoard smooths: weight in [0, 1), 0 leaves the series as it
 * is.
 * Non-finite values pass through and are not averaged.
 */
export function smooth(series: MetricSeries, weight: number): MetricSeries {
  if (weight <= 0) return series
  const values = new Float64Array(series.values.length)
  let average = 0
  let correction = 1
  for (let i = 0; i < values.length; i++) {
    const value = series.values[i]!
    if (!Number.isFinite(value)) {
      values[i] = value
      continue
    }
    average = average * weight + value * (1 - weight)
    correction *= weight
    values[i] = average / (1 - correction)
  }
  return { steps: series.steps, values }
}
