/** Points of the plane of accuracy and ASR, column by column: tens of thousands are drawn and searched. */
import type { TableValues } from '@shared/domain'

export interface PlanePoints {
  readonly keys: readonly string[]
  /** Fractions of 1; every point has both. */
  readonly accuracy: Float64Array
  readonly asr: Float64Array
  /** Numbers of conditions; see mixedCondition. */
  readonly conditions: Int32Array
  /** 1: its rates tell of its failing; drawn hollow, and out of the front. */
  readonly hollow: Uint8Array
}

/** Of a point that stands for models of several conditions. */
export const mixedCondition = -2
/** Of teachers; they are nobody's rivals in the front. */
export const teacherNumber = -1

export const noPoints: PlanePoints = {
  keys: [],
  accuracy: new Float64Array(),
  asr: new Float64Array(),
  conditions: new Int32Array(),
  hollow: new Uint8Array(),
}

export interface PlanePoint {
  readonly key: string
  readonly accuracy: number
  readonly asr: number
  readonly condition: number
  readonly hollow: boolean
}

export const pointsFrom = (list: readonly PlanePoint[]): PlanePoints => ({
  keys: list.map(({ key }) => key),
  accuracy: Float64Array.from(list, ({ accuracy }) => accuracy),
  asr: Float64Array.from(list, ({ asr }) => asr),
  conditions: Int32Array.from(list, ({ condition }) => condition),
  hollow: Uint8Array.from(list, ({ hollow }) => (hollow ? 1 : 0)),
})

/** A column of numbers; empty where it was not asked for. */
export function numbersIn({ columns }: Pick<TableValues, 'columns'>, column: string): Float64Array {
  const values = columns[column]
  return values instanceof Float64Array ? values : new Float64Array()
}

/** Those that both rates are known of. @param isHollow by the place of a row */
export function measuredPoints(values: TableValues, isHollow: (row: number) => boolean): PlanePoints {
  const [accuracy, asr] = [numbersIn(values, 'accuracy'), numbersIn(values, 'asr')]
  const rows = values.keys.flatMap((_, row) =>
    Number.isFinite(accuracy[row] ?? NaN) && Number.isFinite(asr[row] ?? NaN) ? [row] : [],
  )
  return {
    keys: rows.map((row) => values.keys[row] ?? ''),
    accuracy: Float64Array.from(rows, (row) => accuracy[row] ?? NaN),
    asr: Float64Array.from(rows, (row) => asr[row] ?? NaN),
    conditions: Int32Array.from(rows, (row) => values.conditions[row] ?? mixedCondition),
    hollow: Uint8Array.from(rows, (row) => (isHollow(row) ? 1 : 0)),
  }
}

/**
 * Students that no other one beats: none is at least as accurate at an ASR at most as high, and better in one of the
 * two. By rising accuracy, and so by rising ASR; of equal points the first.
 */
export function paretoFront({ accuracy, asr, conditions, hollow }: PlanePoints): number[] {
  const rivals = Array.from(accuracy.keys()).filter((index) => !hollow[index] && conditions[index] !== teacherNumber)
  const at = (values: Float64Array, index: number): number => values[index] ?? NaN
  rivals.sort(
    (left, right) => at(accuracy, right) - at(accuracy, left) || at(asr, left) - at(asr, right) || left - right,
  )
  let lowest = Infinity
  const front = rivals.filter((index) => {
    const better = at(asr, index) < lowest
    if (better) lowest = at(asr, index)
    return better
  })
  return front.reverse()
}

/** What is in sight of a plane, fractions of 1. */
export interface PlaneRange {
  readonly x: readonly [number, number]
  readonly y: readonly [number, number]
}
export const wholePlane: PlaneRange = { x: [0, 1], y: [0, 1] }

/** The plot's place in the chart, in pixels. */
export interface PlotBox {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

/** Where a place of the plane is drawn. */
export const toPixels = ({ x, y }: PlaneRange, plot: PlotBox, accuracy: number, asr: number): [number, number] => [
  plot.left + ((accuracy - x[0]) / (x[1] - x[0])) * plot.width,
  plot.top + (1 - (asr - y[0]) / (y[1] - y[0])) * plot.height,
]

/** The place of the plane that is drawn at these pixels. */
export const fromPixels = ({ x, y }: PlaneRange, plot: PlotBox, left: number, top: number): [number, number] => [
  x[0] + ((left - plot.left) / plot.width) * (x[1] - x[0]),
  y[0] + (1 - (top - plot.top) / plot.height) * (y[1] - y[0]),
]

/**
 * The point that is drawn nearest to these pixels, of those at most `reach` pixels away; −1 of none.
 * @param isShown by the number of the condition
 */
export function nearestPoint(
  points: PlanePoints,
  at: { range: PlaneRange; plot: PlotBox; left: number; top: number; reach: number },
  isShown: (condition: number) => boolean,
): number {
  const [accuracy, asr] = fromPixels(at.range, at.plot, at.left, at.top)
  const [perX, perY] = [
    at.plot.width / (at.range.x[1] - at.range.x[0]),
    at.plot.height / (at.range.y[1] - at.range.y[0]),
  ]
  let [nearest, least] = [-1, at.reach ** 2]
  for (let index = 0; index < points.keys.length; index++) {
    const dx = ((points.accuracy[index] ?? NaN) - accuracy) * perX
    const dy = ((points.asr[index] ?? NaN) - asr) * perY
    const distance = dx * dx + dy * dy
    if (distance <= least && isShown(points.conditions[index] ?? mixedCondition)) [nearest, least] = [index, distance]
  }
  return nearest
}
