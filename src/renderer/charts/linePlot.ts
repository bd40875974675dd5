/** Ranges, ticks and points of a line chart, before any drawing: the screen, prints and LaTeX have them from here. */
import { axisEnd } from './axisEnd'
import type { ChartLine } from './chartLine'
import { curvesOf, panelsOf, type Curve, type CurveSettings } from './curves'
import { decimateMinMax, lowerBound, upperBound } from './decimate'
import { countOutside, robustRange } from './outliers'
import { logTicks, roundRange, roundTicks } from './ticks'
import { lastX, timeUnitFor, xTitleOf } from './xAxis'

export type Range = readonly [number, number]

export interface Axis {
  readonly title: string
  readonly range: Range
  readonly ticks: readonly number[]
  readonly logarithmic: boolean
}

/** One line as it is drawn: x and y in turns. */
export interface DrawnCurve {
  readonly curve: Curve
  readonly points: Float64Array
  /** Before smoothing. */
  readonly raw: Float64Array | null
  /** x, lower and upper end in turns. */
  readonly band: Float64Array | null
}

export interface LinePlot {
  readonly x: Axis
  readonly y: Axis
  readonly unit: string
  readonly panels: readonly { readonly title: string; readonly curves: readonly DrawnCurve[] }[]
  /** Visible values that lie outside the y axis, and those that a logarithmic one cannot show. */
  readonly outside: number
  readonly notPositive: number
}

export interface LinePlotInput {
  readonly title: string
  readonly lines: readonly ChartLine[]
  readonly settings: CurveSettings
  readonly unit: string
  /** What a step is called. */
  readonly stepTitle: string
  /** Visible part of the x axis, in its units; all when left out. */
  readonly range?: Range | undefined
  /** Keys of curves that are not drawn. */
  readonly hidden?: ReadonlySet<string> | undefined
  /** The number of columns that points are reduced to: pixels. */
  readonly columns: number
}

/**
 * From where to where an axis shows all of these lines, at round ends.
 * @param totalSteps where the axis of steps ends at the latest, if that is known
 */
export function wholeRange(lines: readonly ChartLine[], { x, logX }: CurveSettings, totalSteps: number | null): Range {
  const time = timeUnitFor(lines)
  const last = Math.max(0, ...lines.map((line) => lastX(line, x, time)))
  if (!logX) return [0, x === 'step' ? axisEnd(last, totalSteps) : roundEnd(last)]
  const firsts = lines.flatMap((line) => {
    const { steps } = line.series
    const first = steps[lowerBound(steps, Number.MIN_VALUE)]
    if (first === undefined) return []
    return [lastX({ ...line, series: { steps: Float64Array.of(first), values: Float64Array.of(0) } }, x, time)]
  })
  const begin = Math.min(...firsts.filter((first) => first > 0))
  return Number.isFinite(begin) && begin < last ? [begin, last] : [1, Math.max(10, last)]
}

const roundEnd = (last: number): number => (last > 0 ? Math.min(roundRange([0, last], 10)[1], last * 1.1) : 1)

export function linePlot(input: LinePlotInput): LinePlot {
  const { lines, settings, unit, hidden, columns } = input
  const range = input.range ?? wholeRange(lines, settings, null)
  // Rates stay on their own axis: what a logarithm shows of them is the noise near 0.
  const logY = settings.logY && unit !== '%'
  const shown = curvesOf(lines, settings).filter(({ key }) => !hidden?.has(key))
  const drawn = new Map(shown.map((curve) => [curve.key, drawnCurve(curve, { range, settings, columns, logY })]))
  const yRange = yRangeOf([...drawn.values()], { range, settings, unit, logY })
  const visible = shown.map(({ x, y }) => ({ x, y }))
  const panels = panelsOf(shown, settings)
  return {
    x: {
      title: xTitleOf(settings.x, input.stepTitle, timeUnitFor(lines)),
      range,
      ticks: xTicks(range, settings, columns / Math.min(panels.length || 1, 3)),
      logarithmic: settings.logX,
    },
    y: {
      title: yTitle(input.title, unit),
      range: yRange,
      ticks: logY ? logTicks(yRange) : unit === '%' && !settings.clip ? [0, 0.25, 0.5, 0.75, 1] : roundTicks(yRange, 5),
      logarithmic: logY,
    },
    unit,
    panels: panels.map(({ title, curves }) => ({
      title,
      curves: curves.flatMap(({ key }) => drawn.get(key) ?? []),
    })),
    outside: settings.clip ? countOutside(visible, yRange, range) : 0,
    notPositive: logY ? countOutside(visible, [Number.MIN_VALUE, Infinity], range) : 0,
  }
}

const yTitle = (title: string, unit: string): string => (unit === '' ? title : `${title}, ${unit}`)

const xTicks = (range: Range, { x, logX }: CurveSettings, width: number): number[] => {
  const most = Math.max(2, Math.min(8, Math.floor(width / 58)))
  return logX ? logTicks(range, most) : roundTicks(range, most, x === 'step' || x === 'images')
}

interface DrawInput {
  readonly range: Range
  readonly settings: CurveSettings
  readonly columns: number
  readonly logY: boolean
}

function drawnCurve(curve: Curve, { range, settings: { logX }, columns, logY }: DrawInput): DrawnCurve {
  const { x, y, raw, band } = curve
  const part = { from: logX ? Math.max(range[0], Number.MIN_VALUE) : range[0], to: range[1], logarithmic: logX }
  const within = (values: Float64Array): Float64Array => {
    const points = decimateMinMax({ x, y: values }, columns, part)
    return logY ? positive(points) : points
  }
  return {
    curve,
    points: within(y),
    raw: raw ? within(raw) : null,
    band: band ? decimatedBand(x, band, { ...part, columns }) : null,
  }
}

/** What a logarithmic axis can show. */
function positive(points: Float64Array): Float64Array {
  const kept: number[] = []
  for (let at = 0; at < points.length; at += 2) if (points[at + 1]! > 0) kept.push(points[at]!, points[at + 1]!)
  return Float64Array.from(kept)
}

/** At most one place a column: where it begins, with the lowest and the highest end in it. */
function decimatedBand(
  x: Float64Array,
  { low, high }: NonNullable<Curve['band']>,
  { from, to, columns }: { from: number; to: number; columns: number },
): Float64Array {
  const [start, end] = [lowerBound(x, from), upperBound(x, to)]
  const every = Math.max(1, Math.ceil((end - start) / columns))
  const kept: number[] = []
  for (let begin = start; begin < end; begin += every) {
    let [lowest, highest] = [Infinity, -Infinity]
    for (let index = begin; index < Math.min(end, begin + every); index++) {
      if (low[index]! < lowest) lowest = low[index]!
      if (high[index]! > highest) highest = high[index]!
    }
    if (lowest <= highest) kept.push(x[begin]!, lowest, highest)
  }
  return Float64Array.from(kept)
}

function yRangeOf(
  drawn: readonly DrawnCurve[],
  { range, settings, unit, logY }: { range: Range; settings: CurveSettings; unit: string; logY: boolean },
): Range {
  const robust = settings.clip
    ? robustRange(
        drawn.map(({ curve: { x, y } }) => ({ x, y })),
        ...range,
      )
    : null
  if (unit === '%' && !robust) return [0, 1]
  let [low, high] = robust ?? extentOf(drawn)
  if (logY && low <= 0) low = extentOf(drawn)[0]
  if (!(low <= high)) return logY ? [0.1, 1] : [0, 1]
  if (logY) return low === high ? [low / 2, high * 2] : [low, high]
  if (low === high) [low, high] = [low - (Math.abs(low) || 1) / 2, high + (Math.abs(high) || 1) / 2]
  // What is clipped on purpose keeps its own ends; else values that touch the frame look cut.
  return robust ? [low, high] : roundRange([low, high])
}

function extentOf(drawn: readonly DrawnCurve[]): [number, number] {
  let [low, high] = [Infinity, -Infinity]
  const take = (values: Float64Array, first: number, every: number): void => {
    for (let at = first; at < values.length; at += every) {
      if (values[at]! < low) low = values[at]!
      if (values[at]! > high) high = values[at]!
    }
  }
  for (const { points, raw, band } of drawn) {
    take(points, 1, 2)
    if (raw) take(raw, 1, 2)
    if (band) {
      take(band, 1, 3)
      take(band, 2, 3)
    }
  }
  return [low, high]
}
