/** What a chart draws as one line, and what it knows of it. */
import type { MetricSeries, Precision, StepUnits } from '@shared/domain'
import { lowerBound } from './decimate'
import type { Marker } from './identity'

/** A vertical mark with a word, e.g. where a defense begins. */
export interface ChartMark {
  step: number
  label: string
}

/** Ends of a band at the line's steps; NaN where there is none. */
export interface ChartBand {
  low: Float64Array
  high: Float64Array
}

export interface ChartLine {
  key: string
  label: string
  color: string
  /** Lengths of strokes and gaps; empty or left out: one stroke. */
  dash?: readonly number[]
  /** Of its points, where they are few enough to be drawn. */
  marker?: Marker
  series: MetricSeries
  /** Steps before it are not drawn: there it is another line, e.g. its undefended twin. */
  from?: number
  mark?: ChartMark
  /** Beside the label in the legend; absent: the latest value. */
  figure?: string | undefined
  band?: ChartBand
  /** Lines of one group differ in their seed alone; bands are made over them. */
  group?: { readonly key: string; readonly label: string }
  /** What a step is in images and epochs, and working seconds at steps: what is known of them chooses the axes. */
  units?: StepUnits
  elapsed?: MetricSeries
  /** Who it is, where points are written down, and whose panel it is drawn in. */
  run?: string
  /** Absent: float32. */
  precision?: Precision | undefined
  model?: string
  seed?: number
  metric?: string
  /** Where all its points can be asked for. */
  source?: { readonly runId: string; readonly stageId: string; readonly metric: string }
  /** The lines of a mean line. */
  members?: readonly ChartLine[]
}

/** The points from a step on; views, no copies. */
export function beginningAt(series: MetricSeries, from: number | undefined): MetricSeries {
  if (from === undefined) return series
  const start = lowerBound(series.steps, from)
  return { steps: series.steps.subarray(start), values: series.values.subarray(start) }
}
