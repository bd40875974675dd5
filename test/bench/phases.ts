/** What is timed, by the names that cross to the subjects. */
import type { Precision } from '../../src/shared/domain'

export const phases = [
  'pseudoBatch',
  'pseudoBatchVaccine',
  'teacher',
  'evaluation',
  'synthesis',
  'ood',
  'peak',
] as const
export type Phase = (typeof phases)[number]

/** What of a phase is timed; `student` is the mean of the pseudo batch's student steps. */
export type Part = 'total' | 'generator' | 'sample' | 'student' | 'product' | 'convolution'

/** Seconds. */
export type Times = Readonly<Record<'total', number> & Partial<Record<Part, number>>>

/** On the clock, and of all cores. */
export type PhaseTimes = Times & { readonly cpu?: Times }

/** A chain of so many products of `side`² matrices, and of 3×3 convolutions of `images` of 32×32 with `channels`. */
export interface PeakSizes {
  readonly chain: number
  readonly side: number
  readonly images: number
  readonly channels: number
}

/** What tools/bench.mjs hands to every subject. */
export interface BenchOptions {
  readonly threads: number
  readonly device: 'cpu' | 'gpu'
  readonly batch: number
  readonly graph: boolean
  /** Of ours; float32 where it is not said. */
  readonly precision?: Precision
  /** Says on stderr which part begins, among what TensorFlow says of its kernels. */
  readonly profile?: boolean
  /** Of the matrix product and the convolution that tell what the units can do: see tools/bench/peak.mjs. */
  readonly peak: PeakSizes
  /** Steps of the timed CMI call, rows of its memory bank and negatives drawn per step. */
  readonly synthesisSteps: number
  readonly bank: number
  readonly negatives: number
}
