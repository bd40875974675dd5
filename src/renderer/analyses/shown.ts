import type { AnalysisFacts, RunSummary, StageRecord } from '@shared/domain'
import type { MemberDescription } from '@shared/schema'

/** What every view of an artifact is given; the slot `model` holds the choice of the model. */
export interface ShownArtifact {
  run: RunSummary
  stage: StageRecord
  title: string
  /** What the analysis tells, in a sentence. */
  summary: string
  artifact: unknown
  classNames: readonly string[]
}

export const analysisFacts = (analysis: MemberDescription): AnalysisFacts => analysis.facts as unknown as AnalysisFacts

/**
 * Whether a run has something of the analysis by itself, or will: those that say what is missing are shown from the
 * start. Those that are asked for have a tab together.
 */
export const isShown = (analysis: MemberDescription, { stages }: Pick<RunSummary, 'stages'>): boolean =>
  !analysisFacts(analysis).asked &&
  (analysisFacts(analysis).empty !== null || stages.some((stage) => stage.artifacts?.[analysis.id] !== undefined))
