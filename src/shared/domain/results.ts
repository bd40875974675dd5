/** What a run contributes to tables. */
import type { HealthFinding } from './health'
import { defenseWorth, type DefenseWorth } from './measures'
import { otherSettingsOf } from './published'
import type { RunSummary, StageState } from './run'

/** One row of the compare table: a teacher or a student of a run. */
export interface ModelResult extends DefenseWorth {
  runId: string
  runName: string
  stageId: string
  kind: 'teacher' | 'student'
  /** Among the stages of its kind. */
  index: number
  method: string | null
  defense: string | null
  data: string
  attack: string
  /** null where the teacher came from a file. */
  poisonRatio: number | null
  seed: number
  recipe: string | null
  state: StageState
  accuracy: number | null
  asr: number | null
  robustAccuracy: number | null
  /** What is wrong with it; see countsInMeans. */
  health?: readonly HealthFinding[]
  /** See otherSettingsOf. */
  otherSettings: string[] | null
  seconds: number
  createdAt: number
}

/** The rows that a run contributes to tables and to the accuracy–ASR plane. */
export function resultsOf(run: RunSummary): ModelResult[] {
  return run.stages.flatMap((stage) =>
    stage.kind === 'data'
      ? []
      : [
          {
            runId: run.id,
            runName: run.name,
            stageId: stage.id,
            kind: stage.kind,
            index: stage.index,
            method: stage.method ?? null,
            defense: stage.defense ?? null,
            data: run.data,
            attack: run.attack,
            poisonRatio: run.poisonRatio,
            seed: run.seed,
            recipe: run.recipe ?? null,
            state: stage.state,
            accuracy: stage.evaluation?.accuracy ?? null,
            asr: stage.evaluation?.asr ?? null,
            robustAccuracy: stage.evaluation?.robustAccuracy ?? null,
            ...defenseWorth(run, stage),
            health: stage.health ?? [],
            otherSettings: otherSettingsOf(run, stage),
            seconds: stage.seconds,
            createdAt: run.createdAt,
          },
        ],
  )
}
