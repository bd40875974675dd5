/** What studies need of the rest of control: runs that carry their cells, and the book of stages by key. */
import type {
  AskedAnalysis,
  CellLabels,
  ExperimentConfig,
  ExperimentPreset,
  RunSummary,
  StageKind,
  StageState,
} from '../../../../shared/domain'
import type { MemberTable } from '../experiments/memberTable'

/** What a definition names things of. */
export interface ExpandContext {
  readonly table: MemberTable
  readonly presets: readonly ExperimentPreset[]
}

/** A stage as a plan knows it, before it exists. */
export interface PlannedStage {
  /** As in the run's record: "teacher", "student-1". */
  readonly id: string
  readonly kind: StageKind
  readonly index: number
  /** Hash of everything that decides its result: one key, one stage. */
  readonly key: string
  /** Keys of the stages that must be done before it begins. */
  readonly after: readonly string[]
  /** The student equals the one of that key until after `step` pseudo batches, and goes on from it where it is. */
  readonly prefix?: { readonly key: string; readonly step: number } | null
}

/** What became of a stage that exists already. */
export interface KnownStage {
  /** Its folder, relative to the workspace. */
  readonly place: string
  readonly state: StageState
  /** Working seconds so far. */
  readonly seconds: number
  /** A run that names it. */
  readonly runId: string
}

export interface StageBook {
  /** Reads the files that these configurations name; awaited before their keys are asked for. */
  read(configs: readonly ExperimentConfig[]): Promise<void>
  /** The stages of a resolved configuration, in the order of work. */
  keysOf(config: ExperimentConfig, executor: string): readonly PlannedStage[]
  find(key: string): KnownStage | null
}

export interface NewCellRun {
  /** Resolved, with one student. */
  readonly config: ExperimentConfig
  readonly study: { readonly id: string; readonly cell: number; readonly axes: CellLabels }
  readonly executor: string
  readonly priority: number
  /** What the book told of this configuration for this executor. */
  readonly stages: readonly PlannedStage[]
  /** Pseudo batches after which the student pauses with a checkpoint; absent: to its end. */
  readonly until?: number
}

/** The life of runs, as studies steer it. */
export interface StudyRuns {
  /**
   * Makes queued runs in this order in one transaction: all of them, or none.
   * @param alongside writes what belongs to them into the same transaction, before any of them begins
   */
  create(
    cells: readonly NewCellRun[],
    alongside: (runs: readonly Pick<RunSummary, 'id'>[]) => void,
  ): readonly RunSummary[]
  pause(runId: string): void
  stop(runId: string): void
  /** @param options `until` as for a new run; absent: to its end */
  resume(runId: string, options?: { readonly until?: number }): void
  /** @throws RefusedInputError when there is none */
  summary(runId: string): Readonly<RunSummary>
  /** Whether it is there and not in the bin. */
  has(runId: string): boolean
  setPriority(runIds: readonly string[], priority: number): void
  /** Puts queued runs in front of the others of their priority, in this order. */
  reorder(runIds: readonly string[]): void
  /** The runs that wait or train, in the order of work. */
  order(): readonly string[]
  /** Told at every change of a run, progress included; the answer ends it. */
  onChanged(listener: (run: RunSummary) => void): () => void
  /** How many runs an executor works on at once; Infinity where it keeps a queue of its own. */
  slots(executor: string): number
}

/** Analyses of finished runs, as studies ask for them. */
export interface StudyAnalyses {
  /** @throws RefusedInputError where the run has nothing that it could look at */
  start(question: Pick<AskedAnalysis, 'runId' | 'analysis' | 'params' | 'stageIds' | 'study'>): AskedAnalysis
  cancel(id: string): void
  /** With how far it is. */
  find(id: string): AskedAnalysis | undefined
  /** Those that were asked of the model alone, as it is, in whichever run that is there; the newest first. */
  ofModel(runId: string, stageId: string): readonly AskedAnalysis[]
}
