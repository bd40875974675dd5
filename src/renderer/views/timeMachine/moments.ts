/** What is known of a student at a step: of each number and image the newest one that is not after it. */
import { rateOfShare, type Evaluation, type MetricSeries, type Rate } from '@shared/domain'
import type { ShownStudent } from '../../students/useStudents'
import type { StageHistory } from '../../stores/metrics'

/** A student and what was recorded of it. */
export interface Traced {
  readonly student: ShownStudent
  readonly history: StageHistory
  readonly accuracy: MetricSeries | null
  readonly asr: MetricSeries | null
}

/** A student at a step. */
export interface Moment {
  readonly student: ShownStudent
  /** Of its evaluation; null before the first one. */
  readonly step: number | null
  readonly accuracy: Rate | null
  readonly asr: Rate | null
  /** What its defenses recorded, by metric; null where it has none of it. */
  readonly defense: ReadonlyMap<string, number>
}

/** Why there is nothing to see of a student at a step. */
export type Absence = 'reading' | 'none' | 'unreadable'
export const isAbsent = (found: object | Absence): found is Absence => typeof found === 'string'

/** Place of the last step that is not after `at`; −1 where all are. Steps ascend. */
export function placeAt(steps: ArrayLike<number>, at: number): number {
  let [low, high] = [0, steps.length]
  while (low < high) {
    const middle = (low + high) >> 1
    if ((steps[middle] ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** The step and the value of a series then; null before its first point. */
export function pointAt(series: MetricSeries | null, at: number): { step: number; value: number } | null {
  const place = series ? placeAt(series.steps, at) : -1
  const [step, value] = [series?.steps[place], series?.values[place]]
  return step === undefined || value === undefined || Number.isNaN(value) ? null : { step, value }
}

/** A share with its interval, on as many images as the newest evaluation had; null where that is not known. */
export function rateAt(series: MetricSeries | null, at: number, images: number | undefined): Rate | null {
  const point = pointAt(series, at)
  return point && images ? rateOfShare(point.value, images) : null
}

/** Test images behind the two rates. */
export const imagesOf = (evaluation: Evaluation | null | undefined) => ({
  accuracy: evaluation?.images,
  asr: evaluation?.nonTarget,
})

/** Every step at which some student was evaluated, ascending. */
export const evaluatedSteps = (series: readonly (MetricSeries | null)[]): number[] =>
  [...new Set(series.flatMap((one) => (one ? Array.from(one.steps) : [])))].sort((left, right) => left - right)

/** Milliseconds for which a step is seen while they are played: twenty seconds for all, within what eyes follow. */
export const playingTime = (steps: number): number => Math.min(900, Math.max(120, 20_000 / Math.max(1, steps)))
