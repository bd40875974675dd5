/** What lies to the right: steps as they were recorded, or what is known of them. */
import type { MetricSeries } from '@shared/domain'
import { ExhaustiveError } from '@shared/errors'
import type { ChartLine } from './chartLine'
import { lowerBound } from './decimate'

export const xKinds = ['step', 'epoch', 'time', 'images'] as const
export type XKind = (typeof xKinds)[number]

/** Words for the control, and why an axis cannot be chosen. */
export const xWords: Readonly<Record<XKind, { label: string; missing: string }>> = {
  step: { label: 'Step', missing: '' },
  epoch: { label: 'Epoch', missing: 'Not every model that is shown trains in epochs.' },
  time: { label: 'Time', missing: 'Not every run that is shown has recorded its time; earlier versions did not.' },
  images: { label: 'Images', missing: 'Not every run that is shown has recorded its batch; earlier versions did not.' },
}

/** What the line has to know for an axis. */
function knows(line: ChartLine, kind: XKind): boolean {
  switch (kind) {
    case 'step':
      return true
    case 'epoch':
      return (line.units?.stepsPerEpoch ?? 0) > 0
    case 'images':
      return (line.units?.imagesPerStep ?? 0) > 0
    case 'time':
      return (line.elapsed?.steps.length ?? 0) > 0
    default:
      throw new ExhaustiveError(kind)
  }
}

/** The axes on which all lines can stand. */
export const offeredX = (lines: readonly ChartLine[]): XKind[] =>
  xKinds.filter((kind) => lines.every((line) => line.series.steps.length === 0 || knows(line, kind)))

export interface TimeUnit {
  readonly name: 's' | 'min' | 'h'
  readonly seconds: number
}
/** So that an axis of time has neither thousands nor thousandths. @param seconds its end */
export function timeUnitOf(seconds: number): TimeUnit {
  if (seconds >= 3 * 3600) return { name: 'h', seconds: 3600 }
  return seconds >= 300 ? { name: 'min', seconds: 60 } : { name: 's', seconds: 1 }
}

/** Title with its unit. @param stepTitle what a step is called, e.g. "Pseudo batch" */
export function xTitleOf(kind: XKind, stepTitle: string, time: TimeUnit): string {
  switch (kind) {
    case 'step':
      return stepTitle
    case 'epoch':
      return 'Epoch'
    case 'time':
      return `Working time, ${time.name}`
    case 'images':
      return 'Images seen'
    default:
      throw new ExhaustiveError(kind)
  }
}

/** Where the steps of a line stand on an axis; the same array where they stand as they are. */
export function xOf(line: ChartLine, steps: Float64Array, kind: XKind, time: TimeUnit): Float64Array {
  switch (kind) {
    case 'step':
      return steps
    case 'epoch':
      return steps.map((step) => step / (line.units?.stepsPerEpoch ?? 1))
    case 'images':
      return steps.map((step) => step * (line.units?.imagesPerStep ?? 1))
    case 'time':
      return line.elapsed ? secondsAt(line.elapsed, steps).map((seconds) => seconds / time.seconds) : steps
    default:
      throw new ExhaustiveError(kind)
  }
}

/**
 * Elapsed seconds at steps, linear between those that were recorded; before the first and after the last one at the
 * pace of its neighbours. Time that stands still or runs backwards (a stage that was done again) is kept ascending.
 */
export function secondsAt({ steps, values }: MetricSeries, wanted: Float64Array): Float64Array {
  const found = new Float64Array(wanted.length)
  const last = steps.length - 1
  let right = Math.max(1, lowerBound(steps, wanted[0] ?? 0))
  let latest = 0
  for (let index = 0; index < wanted.length; index++) {
    const step = wanted[index]!
    while (right < last && steps[right]! < step) right++
    const seconds = last < 1 ? (values[0] ?? 0) : between({ steps, values }, Math.min(right, last), step)
    latest = Math.max(latest, seconds)
    found[index] = latest
  }
  return found
}

const between = ({ steps, values }: MetricSeries, right: number, step: number): number => {
  const [fromStep, from] = [steps[right - 1]!, values[right - 1]!]
  return from + ((values[right]! - from) * (step - fromStep)) / (steps[right]! - fromStep)
}

/** The last place of a line on an axis, 0 where it has no points. */
export function lastX(line: ChartLine, kind: XKind, time: TimeUnit): number {
  const { steps } = line.series
  return steps.length === 0 ? 0 : (xOf(line, steps.subarray(steps.length - 1), kind, time)[0] ?? 0)
}

/** The unit of time in which lines are told. */
export const timeUnitFor = (lines: readonly ChartLine[]): TimeUnit =>
  timeUnitOf(Math.max(0, ...lines.map(({ elapsed }) => elapsed?.values.at(-1) ?? 0)))
