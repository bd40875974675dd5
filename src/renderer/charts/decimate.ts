/** Places and values of a line; places ascend. */
export interface Points {
  readonly x: Float64Array
  readonly y: Float64Array
}

export interface DecimationRange {
  readonly from?: number
  readonly to?: number
  /** Columns are even on a logarithmic axis; places are above 0. */
  readonly logarithmic?: boolean
}

/**
 * The smallest and largest value per pixel column, in the order in which they came, so that no spike is lost and a
 * chart never draws more than two points a column. Lines that already fit come back whole.
 *
 * Non-finite values are left out. Returns x and y in turns, in one array: what ECharts takes without an object a point.
 */
export function decimateMinMax({ x, y }: Points, columns: number, range: DecimationRange = {}): Float64Array {
  const start = lowerBound(x, range.from ?? -Infinity)
  const end = Math.max(start, upperBound(x, range.to ?? Infinity))
  const points = new Float64Array(2 * Math.min(end - start, columns * 2))
  let filled = 0
  const keep = (index: number): void => {
    points[filled++] = x[index]!
    points[filled++] = y[index]!
  }
  if (end - start <= columns * 2) {
    for (let i = start; i < end; i++) if (Number.isFinite(y[i])) keep(i)
    return points.subarray(0, filled)
  }
  let index = start
  for (const limit of columnEnds(x[start]!, x[end - 1]!, { columns, logarithmic: range.logarithmic === true })) {
    const behind = limit === Infinity ? end : Math.min(end, lowerBound(x, limit))
    const [lowest, highest] = extremesOf(y, index, behind)
    if (lowest >= 0) keep(Math.min(lowest, highest))
    if (lowest !== highest) keep(Math.max(lowest, highest))
    index = behind
  }
  return points.subarray(0, filled)
}

/** Where pixel columns end; the last one takes what is left. */
function columnEnds(
  first: number,
  last: number,
  { columns, logarithmic }: { columns: number; logarithmic: boolean },
): number[] {
  const ends = Array.from({ length: columns }, (_, column) =>
    logarithmic && first > 0
      ? first * (last / first) ** ((column + 1) / columns)
      : first + ((last - first) / columns || 1) * (column + 1),
  )
  ends[columns - 1] = Infinity
  return ends
}

/** Where the smallest and the largest finite value of [start, end) lie; −1 where there is none. */
function extremesOf(values: Float64Array, start: number, end: number): [number, number] {
  let lowest = -1
  let highest = -1
  for (let index = start; index < end; index++) {
    const value = values[index]!
    if (!Number.isFinite(value)) continue
    if (lowest < 0 || value < values[lowest]!) lowest = index
    if (highest < 0 || value > values[highest]!) highest = index
  }
  return [lowest, highest]
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

/** Index behind the last entry that is not above the value. */
export function upperBound(sorted: Float64Array, value: number): number {
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
 * Exponential moving average with bias correction, as TensorBoard smooths: weight in [0, 1), 0 leaves the values as
 * they are. Non-finite values pass through and are not averaged.
 */
export function smooth(given: Float64Array, weight: number): Float64Array {
  if (weight <= 0) return given
  const values = new Float64Array(given.length)
  let average = 0
  let correction = 1
  for (let i = 0; i < values.length; i++) {
    const value = given[i]!
    if (!Number.isFinite(value)) {
      values[i] = value
      continue
    }
    average = average * weight + value * (1 - weight)
    correction *= weight
    values[i] = average / (1 - correction)
  }
  return values
}
