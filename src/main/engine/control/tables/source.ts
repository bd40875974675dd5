/** Where the index reads what it tells of: the run store, or whatever stands for it. */
import type { ExperimentConfig, RunSummary, StudySummary } from '../../../../shared/domain'

export interface AnalysedNumbers {
  readonly analysis: string
  readonly numbers: Readonly<Record<string, number | null>>
}

export interface TableSource {
  /** All, the bin's too. */
  runIds(): readonly string[]
  has(runId: string): boolean
  /** To look at, not to keep. */
  run(runId: string): Readonly<RunSummary>
  /** null where it cannot be read. */
  config(runId: string): ExperimentConfig | null
  /** The last value of each metric of a stage. */
  lastValues(place: string): ReadonlyMap<string, number>
  /** What analyses that were asked of the stage at a place alone, as it is, have found: the newest first. */
  analysed(place: string): readonly AnalysedNumbers[]
  /** Runs that name the stage at a place. */
  naming(place: string): readonly string[]
  studies(): readonly Pick<StudySummary, 'id' | 'name' | 'axes'>[]
}

/** Stages of a record without places lie in its run's folder. */
export const placeOfStage = (runId: string, { id, place }: { id: string; place?: string }): string =>
  place ?? `runs/${runId}/${id}`
