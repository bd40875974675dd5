/** From lines as they were recorded to curves as they are drawn: grouped, smoothed, placed on the chosen axis. */
import { withBands, type BandKind } from './bands'
import { beginningAt, type ChartBand, type ChartLine } from './chartLine'
import { smooth, type Points } from './decimate'
import { timeUnitFor, xOf, type TimeUnit, type XKind } from './xAxis'

export const layouts = ['together', 'model', 'metric'] as const
/** All lines on one pair of axes, or a panel a model or a metric on common ones. */
export type ChartLayout = (typeof layouts)[number]

/** What a reader sets; the same for all charts of a place. */
export interface CurveSettings {
  readonly x: XKind
  readonly logX: boolean
  readonly logY: boolean
  /** 0 draws the values as they are, 0.99 smooths most. */
  readonly smoothing: number
  readonly band: BandKind
  /** Whether far values may lie outside. */
  readonly clip: boolean
  readonly layout: ChartLayout
}
export const plainCurves: CurveSettings = {
  x: 'step',
  logX: false,
  logY: false,
  smoothing: 0,
  band: 'none',
  clip: false,
  layout: 'together',
}

export interface Curve extends Points {
  readonly key: string
  readonly line: ChartLine
  /** Values before smoothing; null where they are drawn as they are. */
  readonly raw: Float64Array | null
  readonly band: ChartBand | null
  readonly mark: { readonly x: number; readonly label: string } | null
}

/** Every line, or every group, as a curve; which of them are hidden changes none of them. */
export function curvesOf(lines: readonly ChartLine[], settings: CurveSettings): Curve[] {
  const time = timeUnitFor(lines)
  return withBands(lines, settings.band).map((line) => curveOf(line, settings, time))
}

function curveOf(line: ChartLine, { x: kind, smoothing }: CurveSettings, time: TimeUnit): Curve {
  // A mean line has begun already where its members begin.
  const { steps, values } = line.members ? line.series : beginningAt(line.series, line.from)
  const smoothed = (column: Float64Array): Float64Array => smooth(column, smoothing)
  return {
    key: line.key,
    line,
    x: xOf(line, steps, kind, time),
    y: smoothed(values),
    raw: smoothing > 0 ? values : null,
    band: line.band ? { low: smoothed(line.band.low), high: smoothed(line.band.high) } : null,
    mark: line.mark
      ? { x: xOf(line, Float64Array.of(line.mark.step), kind, time)[0] ?? 0, label: line.mark.label }
      : null,
  }
}

export interface Panel {
  readonly title: string
  readonly curves: readonly Curve[]
}

/** One panel, or one for each model or metric in order of first appearance. */
export function panelsOf(curves: readonly Curve[], { layout, band }: CurveSettings): Panel[] {
  if (layout === 'together') return [{ title: '', curves }]
  const titleOf = ({ line }: Curve): string =>
    layout === 'metric'
      ? (line.metric ?? line.label)
      : ((band === 'none' ? undefined : line.group?.label) ?? line.model ?? line.label)
  const panels = new Map<string, Curve[]>()
  for (const curve of curves) panels.set(titleOf(curve), [...(panels.get(titleOf(curve)) ?? []), curve])
  return [...panels].map(([title, own]) => ({ title, curves: own }))
}
