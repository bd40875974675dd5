/** What was measured of the experiment that the start page offers first: the page promises no more than that. */
import type { ExperimentConfig, PartialExperimentConfig } from './config'

/** Fractions of 1. */
export interface MeasuredRates {
  accuracy: number
  asr: number
}

/** One run of a demonstration. */
export interface MeasuredSeed {
  seed: number
  /** From the order to the end of the last stage; null where the machine had other work. */
  seconds: number | null
  teacher: MeasuredRates
  /** In the order of the configuration. */
  students: MeasuredRates[]
}

export interface Demonstration {
  /** What one sees, a sentence each. */
  explanation: string[]
  /** Id of the analysis whose images show it. */
  analysis: string
  /** What its students are, in the order of the configuration. */
  students: string[]
  /** What of it falls short, in a sentence; absent where nothing does. */
  shortfall?: string
  /** What runs gave with other seeds, or whose sums are rounded in another order, in a sentence. */
  otherDraws?: string
  measured: MeasuredSeed[]
  /** What was measured, but for what changes no result: seed, name, device, threads and what is recorded. */
  config: PartialExperimentConfig
}

export interface RateRange {
  least: number
  most: number
}

const rangeOf = (values: readonly number[]): RateRange => ({ least: Math.min(...values), most: Math.max(...values) })

/** Least and most of accuracy and ASR over the measured seeds. @param student place of a student; null: the teacher */
export function measuredRange(
  { measured }: Pick<Demonstration, 'measured'>,
  student: number | null,
): { accuracy: RateRange; asr: RateRange } | null {
  const rates = measured.flatMap((entry) => (student === null ? entry.teacher : (entry.students[student] ?? [])))
  return rates.length === 0
    ? null
    : { accuracy: rangeOf(rates.map(({ accuracy }) => accuracy)), asr: rangeOf(rates.map(({ asr }) => asr)) }
}

/** The longest of the runs that were timed; null where none was. */
export function slowestSeconds({ measured }: Pick<Demonstration, 'measured'>): number | null {
  const timed = measured.flatMap(({ seconds }) => seconds ?? [])
  return timed.length === 0 ? null : Math.max(...timed)
}

/** Whether each value of `wanted` is in `found`; what it leaves out may be anything, arrays want the same length. */
function agrees(found: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return found === wanted
  if (typeof found !== 'object' || found === null) return false
  if (Array.isArray(wanted) && (!Array.isArray(found) || found.length !== wanted.length)) return false
  return Object.entries(wanted).every(([field, value]) => agrees((found as Record<string, unknown>)[field], value))
}

/** Whether what was measured of a demonstration is true of a run with this configuration. */
export const isDemonstrated = (
  config: ExperimentConfig,
  { config: measured }: Pick<Demonstration, 'config'>,
): boolean => agrees(config, measured)
