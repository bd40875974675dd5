/** What was measured of the experiment that the start page offers first: the page promises no more than that. */

/** Fractions of 1. */
export interface MeasuredRates {
  accuracy: number
  asr: number
}

/** One run of a demonstration. */
export interface MeasuredSeed {
  seed: number
  /** From the order to the end of the last stage. */
  seconds: number
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
  measured: MeasuredSeed[]
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

/**
 * Whether a configuration says what a preset names, seed and name apart: of one that was changed nothing was measured.
 * Arrays want the same length; what the preset leaves out may be anything.
 */
export function followsPreset(config: unknown, preset: unknown): boolean {
  if (typeof preset !== 'object' || preset === null) return config === preset
  if (typeof config !== 'object' || config === null) return false
  if (Array.isArray(preset) && (!Array.isArray(config) || config.length !== preset.length)) return false
  return Object.entries(preset).every(
    ([field, value]) => field === 'name' || followsPreset((config as Record<string, unknown>)[field], value),
  )
}
