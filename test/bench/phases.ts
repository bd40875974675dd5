/** What is timed, by the names that cross to the subjects. */
import type { Precision } from '../../src/shared/domain'

export const phases = ['pseudoBatch', 'pseudoBatchVaccine', 'teacher', 'evaluation', 'synthesis', 'ood'] as const
export type Phase = (typeof phases)[number]

/** What of a phase is timed; `student` is the mean of the pseudo batch's student steps. */
export type Part = 'total' | 'generator' | 'sample' | 'student'

/** Seconds. */
export type Times = Readonly<Record<'total', number> & Partial<Record<Part, number>>>

/** On the clock, and of all cores. */
export type PhaseTimes = Times & { readonly cpu?: Times }

/** What tools/bench.mjs hands to every subject. */
export interface BenchOptions {
  readonly threads: number
  readonly device: 'cpu' | 'gpu'
  readonly batch: number
  readonly graph: boolean
  /** Of ours; float32 where it is not said. */
  readonly precision?: Precision
  /** Steps of the timed CMI call, rows of its memory bank and negatives drawn per step. */
  readonly synthesisSteps: number
  readonly bank: number
  readonly negatives: number
}
