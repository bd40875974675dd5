import type { EChartsCoreOption } from 'echarts/core'
import type { Interval } from '@shared/domain'
import type { ChartColors } from '../colors'
import type { ModelLook } from '../identity'
import { roundTicks } from '../ticks'
import { markersShape, type MarkersShape } from './markers'
import { paretoFront, toPixels, type PlanePoints, type PlaneRange, type PlotBox } from './points'

/** How surely a point lies where it is drawn; null of what has no interval. */
export interface PlaneCross {
  readonly key: string
  readonly accuracy: Interval | null
  readonly asr: Interval | null
}
/** From an undefended student to a defended one whose ASR is another one for sure. */
export interface PlaneArrow {
  readonly from: string
  readonly to: string
}
/** What a model was at each evaluation. */
export interface PlaneTrail {
  readonly key: string
  readonly places: readonly (readonly [accuracy: number, asr: number])[]
}

export interface PlaneInput {
  /** Size of the chart in pixels. */
  readonly size: { readonly width: number; readonly height: number }
  readonly range: PlaneRange
  readonly points: PlanePoints
  readonly lookOf: (condition: number) => ModelLook
  readonly isShown: (condition: number) => boolean
  readonly selected: ReadonlySet<string>
  readonly showFront: boolean
  readonly crosses: readonly PlaneCross[]
  readonly arrows: readonly PlaneArrow[]
  readonly trails: readonly PlaneTrail[]
  readonly colors: ChartColors
}

const margins = { left: 58, right: 22, top: 14, bottom: 46 }
/** Of more points, smaller ones without an outline. */
const manyPoints = 600
/** Markers of one path: filling thousands of outlines that overlap costs seconds. */
const markersOfPath = 128
/** Pixels between an arrow's end and the centre of the point, so that the head is not hidden under it. */
const clearance = 11

export const plotOf = ({ width, height }: PlaneInput['size']): PlotBox => ({
  left: margins.left,
  top: margins.top,
  width: Math.max(1, width - margins.left - margins.right),
  height: Math.max(1, height - margins.top - margins.bottom),
})

/** The accuracy–ASR plane: what a defense wants lies at the lower right (accurate, not triggered). */
export function planeOption(input: PlaneInput): EChartsCoreOption {
  const { range, colors } = input
  return {
    animation: false,
    textStyle: { fontFamily: 'Inter Variable, system-ui, sans-serif' },
    grid: margins,
    xAxis: { ...percentAxis('Accuracy on clean test images, %', range.x, colors), nameGap: 26 },
    yAxis: { ...percentAxis('Attack success rate, %', range.y, colors), nameGap: 38 },
    series: [
      ...(input.showFront ? [frontSeries(input)] : []),
      ...lineSeries(input),
      ...pointSeries(input),
      ...(input.arrows.length > 0 ? [arrowSeries(input)] : []),
    ],
  }
}

/** Fractions of 1, shown in percent. */
function percentAxis(name: string, range: readonly [number, number], colors: ChartColors) {
  const ticks = roundTicks(range, 5)
  return {
    type: 'value',
    min: range[0],
    max: range[1],
    name,
    nameLocation: 'middle',
    nameTextStyle: { color: colors.text, fontSize: 12, fontWeight: 550 },
    axisLine: { lineStyle: { color: colors.line } },
    axisTick: { show: false, customValues: ticks },
    splitLine: { lineStyle: { color: colors.grid }, customValues: ticks },
    axisLabel: {
      color: colors.muted,
      fontSize: 11,
      customValues: ticks,
      formatter: (value: number) => String(Number((value * 100).toPrecision(6))),
    },
  }
}

/** What is at least as good lies to the right of the line and below it. */
const frontSeries = (input: PlaneInput) => ({
  type: 'line',
  id: 'front',
  silent: true,
  z: 1,
  step: 'start',
  symbol: 'none',
  clip: true,
  lineStyle: { color: input.colors.muted, width: 1.4, type: [5, 4] },
  data: paretoFront(shownOnly(input)).map((index) => placeOf(shownOnly(input), index)),
})

const shownCache = new WeakMap<PlaneInput, PlanePoints>()
/** Hidden conditions are no rivals in the front. */
function shownOnly(input: PlaneInput): PlanePoints {
  const known = shownCache.get(input)
  if (known) return known
  const { points, isShown } = input
  const hidden = points.conditions.some((condition) => !isShown(condition))
  const shown = hidden
    ? { ...points, hollow: points.hollow.map((hollow, at) => (isShown(points.conditions[at] ?? 0) ? hollow : 1)) }
    : points
  shownCache.set(input, shown)
  return shown
}

const placeOf = ({ accuracy, asr }: PlanePoints, index: number): [number, number] => [
  accuracy[index] ?? NaN,
  asr[index] ?? NaN,
]

interface Layer {
  readonly condition: number
  readonly hollow: boolean
  readonly selected: boolean
  readonly indexes: number[]
}

/** Points that look alike, those that are selected above the others. */
function layersOf({ points, isShown, selected }: PlaneInput): Layer[] {
  const layers = new Map<string, Layer>()
  points.keys.forEach((key, index) => {
    const condition = points.conditions[index] ?? 0
    if (!isShown(condition)) return
    const layer = { condition, hollow: points.hollow[index] === 1, selected: selected.has(key), indexes: [] }
    const name = `${layer.selected ? 1 : 0} ${layer.hollow ? 0 : 1} ${condition}`
    const known = layers.get(name)
    if (known) known.indexes.push(index)
    else layers.set(name, { ...layer, indexes: [index] })
  })
  return [...layers]
    .sort(([left], [right]) => left.localeCompare(right, 'en', { numeric: true }))
    .map(([, layer]) => layer)
}

function pointSeries(input: PlaneInput) {
  const { points, selected, colors, range, lookOf } = input
  const plot = plotOf(input.size)
  const many = points.keys.length > manyPoints
  return layersOf(input).map((layer) => {
    const look = lookOf(layer.condition)
    const dimmed = selected.size > 0 && !layer.selected
    const shape: MarkersShape = {
      places: Float32Array.from(
        layer.indexes.flatMap((index) =>
          toPixels(range, plot, points.accuracy[index] ?? NaN, points.asr[index] ?? NaN),
        ),
      ),
      marker: look.marker,
      size: layer.selected ? 14 : many ? 6.5 : 11,
    }
    const outline = layer.selected ? colors.text : colors.panel
    const style = {
      fill: layer.hollow ? 'none' : look.color,
      stroke: layer.hollow && !layer.selected ? look.color : outline,
      lineWidth: layer.hollow || layer.selected ? 1.5 : many ? 0.4 : 1,
      opacity: dimmed ? 0.28 : 0.95,
    }
    return {
      type: 'custom',
      silent: true,
      // In the whole plane no point lies outside, and one at the edge is seen whole.
      clip: !isWhole(range),
      z: layer.selected ? 4 : 3,
      // A few elements draw the whole layer; the place of its datum says nothing.
      data: [[0, 0]],
      renderItem: () => ({
        type: 'group',
        children: chunksOf(shape).map((part) => ({ type: markersShape, shape: part, style })),
      }),
    }
  })
}

const isWhole = ({ x, y }: PlaneRange): boolean => x[0] <= 0 && y[0] <= 0 && x[1] >= 1 && y[1] >= 1

const chunksOf = (shape: MarkersShape): MarkersShape[] =>
  Array.from({ length: Math.ceil(shape.places.length / (2 * markersOfPath)) }, (_, part) => ({
    ...shape,
    places: shape.places.subarray(2 * markersOfPath * part, 2 * markersOfPath * (part + 1)),
  }))

/** Crosses and trails. */
function lineSeries({ crosses, trails, points, lookOf, isShown, colors }: PlaneInput) {
  const places = new Map(points.keys.map((key, index) => [key, index]))
  const known = (key: string): { index: number; color: string } | null => {
    const index = places.get(key)
    const condition = index === undefined ? undefined : points.conditions[index]
    return index === undefined || condition === undefined || !isShown(condition)
      ? null
      : { index, color: lookOf(condition).color }
  }
  const arms = crosses.flatMap(({ key, accuracy, asr }) => {
    const found = known(key)
    if (!found) return []
    const [x, y] = placeOf(points, found.index)
    const arm = (coords: [number, number][]) => ({ coords, lineStyle: { color: found.color } })
    return [
      ...(accuracy
        ? [
            arm([
              [accuracy.low, y],
              [accuracy.high, y],
            ]),
          ]
        : []),
      ...(asr
        ? [
            arm([
              [x, asr.low],
              [x, asr.high],
            ]),
          ]
        : []),
    ]
  })
  const paths = trails.flatMap(({ key, places: coords }) => {
    const found = known(key)
    return found && coords.length > 1 ? [{ coords, lineStyle: { color: found.color } }] : []
  })
  const shared = { type: 'lines', coordinateSystem: 'cartesian2d', silent: true, clip: true, symbol: ['none', 'none'] }
  return [
    ...(paths.length > 0
      ? [{ ...shared, id: 'trails', z: 1, polyline: true, lineStyle: { width: 1.2, opacity: 0.55 }, data: paths }]
      : []),
    ...(arms.length > 0
      ? [{ ...shared, id: 'crosses', z: 2, lineStyle: { width: 1.5, opacity: 0.85, color: colors.muted }, data: arms }]
      : []),
  ]
}

/**
 * The line between two places in pixels, cut short at both ends by `clearance` pixels.
 */
export function shortened(
  from: readonly [number, number],
  to: readonly [number, number],
): [[number, number], [number, number]] {
  const [dx, dy] = [to[0] - from[0], to[1] - from[1]]
  const length = Math.hypot(dx, dy)
  const cut = length === 0 ? 0 : Math.min(clearance / length, 0.4)
  const at = (share: number): [number, number] => [from[0] + dx * share, from[1] + dy * share]
  return [at(cut), at(1 - cut)]
}

const headSize = 8

function arrowSeries({ arrows, points, isShown, range, size, colors }: PlaneInput) {
  const places = new Map(points.keys.map((key, index) => [key, index]))
  const plot = plotOf(size)
  const ends = arrows.flatMap(({ from, to }) => {
    const [first, second] = [places.get(from), places.get(to)]
    if (first === undefined || second === undefined) return []
    if (![first, second].every((index) => isShown(points.conditions[index] ?? 0))) return []
    const pixels = (index: number): [number, number] => toPixels(range, plot, ...placeOf(points, index))
    return [shortened(pixels(first), pixels(second))]
  })
  const style = { stroke: colors.muted, fill: colors.muted, lineWidth: 1.3, opacity: 0.8 }
  const arrow = ([from, to]: [[number, number], [number, number]]) => {
    const angle = Math.atan2(to[1] - from[1], to[0] - from[0])
    const side = (turn: number): [number, number] => [
      to[0] - headSize * Math.cos(angle + turn),
      to[1] - headSize * Math.sin(angle + turn),
    ]
    return [
      { type: 'line', shape: { x1: from[0], y1: from[1], x2: to[0], y2: to[1] }, style },
      { type: 'polygon', shape: { points: [to, side(0.45), side(-0.45)] }, style },
    ]
  }
  return {
    type: 'custom',
    id: 'arrows',
    silent: true,
    clip: true,
    z: 2,
    data: [[0, 0]],
    renderItem: () => ({ type: 'group', children: ends.flatMap(arrow) }),
  }
}
