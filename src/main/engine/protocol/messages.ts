/**
 * What a trainer is asked to do, and what it tells. A stage's job lies in its folder and its reports in a journal there
 * (taskFolder.ts); a short job goes over the child's IPC channel (serialization 'advanced').
 */
import type { ErrorCause } from '../../../shared/errors'
import type {
  DeviceReport,
  Evaluation,
  Execution,
  ExperimentConfig,
  LintFinding,
  MemberChoice,
  MetricPoint,
  PixelTrial,
  ProcessTimings,
  StageActivity,
  StepUnits,
  SyntheticImages,
} from '../../../shared/domain'
import type { RecordedPoints } from '../families/analyses/askedTypes'
import type { StageRemark } from '../families/distillation/types'
import type { Provenance } from '../families/exporters/types'
import type { GridLayout } from '../images/imageGrid'
import type { StageStart } from './plans'

/** Folders a trainer works in; absolute. */
export interface StageFolders {
  /** runs/<id>/<stage>: checkpoints and final weights; made by control. */
  stage: string
  /** Per-user cache of the product (data sets). */
  cache: string
}

/** A stage that an asked analysis looks at. */
export interface AnalysedStage {
  readonly id: string
  readonly kind: 'teacher' | 'student'
  /** Of the configuration's students; 0 for a teacher. */
  readonly index: number
  readonly title: string
  /** Where its checkpoints lie. */
  readonly folder: string
  /** null where it has none yet: its newest checkpoint is taken. */
  readonly weights: string | null
  /** In ascending order of steps. */
  readonly keptImages: readonly { readonly step: number; readonly file: string; readonly layout: GridLayout }[]
  /** Points of its evaluations, by metric; steps ascend. */
  readonly recorded: Readonly<Record<'accuracy' | 'asr', RecordedPoints>>
}

/** An analysis that somebody asked for, of models and kept images that are there. */
export interface AnalyseJob {
  kind: 'analyse'
  analysis: MemberChoice
  /** Of the run, with the device and the threads that this work may use. */
  config: ExperimentConfig
  cacheFolder: string
  /** Weights of the teacher. */
  teacher: string
  stages: readonly AnalysedStage[]
  /** Students as they were after so many steps; null: as they are. */
  step: number | null
}

export type TrainerJob =
  | {
      kind: 'teacher'
      stageId: string
      config: ExperimentConfig
      folders: StageFolders
      resume: boolean
      /** Steps after which the stage is evaluated and paused with a checkpoint, unless it ends there. */
      pauseAt?: number
    }
  | {
      kind: 'student'
      stageId: string
      config: ExperimentConfig
      folders: StageFolders
      resume: boolean
      /** As of a teacher. */
      pauseAt?: number
      /** Index into config.students. */
      studentIndex: number
      /** safetensors with PyTorch names. */
      teacherWeights: string
      /** Where it begins without a checkpoint of its own; by itself where that is left out. */
      startFrom?: StageStart
      /** Steps after which other students go on from this one: their checkpoints stay. */
      branchesAt?: number[]
    }
  | { kind: 'data'; stageId: string; config: ExperimentConfig; folders: StageFolders }
  | {
      kind: 'evaluate'
      file: string
      data: MemberChoice
      attack: MemberChoice
      target: number
      execution: Execution
      cacheFolder: string
      /** The network that decides where the file alone does not. */
      architecture: MemberChoice | null
      /** As `fileNormalization` reads it. */
      normalization: string
      /** Key of the weights that are meant; default: the only ones that are a known network. */
      weights?: string
      /** Where the file becomes the teacher of a run. */
      teacher?: {
        /** Whose warnings were read. */
        acknowledged: string
        /** New file for its weights under PyTorch's names: later stages and exports read that, not the original. */
        weights: string
      }
    }
  | {
      /** A model as a program (families/exporters): traced and written by a trainer. */
      kind: 'export'
      exporter: MemberChoice
      /** The new file. */
      path: string
      /** File of the stage's weights. */
      weights: string
      architecture: MemberChoice
      data: MemberChoice
      /** As `fileNormalization` reads it. */
      normalization: string
      provenance: Provenance
      execution: Execution
      cacheFolder: string
    }
  | {
      /** Which of the known pixel values a network in a file was trained on. */
      kind: 'findPixels'
      file: string
      data: MemberChoice
      execution: Execution
      cacheFolder: string
      architecture: MemberChoice | null
      weights?: string
    }
  | AnalyseJob
  | { kind: 'device'; execution: Execution }

/** A job beside the stages, for which somebody waits. */
export type ShortJob = Extract<TrainerJob, { kind: 'analyse' | 'device' | 'evaluate' | 'export' | 'findPixels' }>

export type TrainerCommand = { type: 'start'; job: ShortJob } | { type: 'ping'; time: number }

export type TrainerReport =
  | Exclude<StageRemark, { type: 'measurements' }>
  /** What an analysis found after so many steps, as JSON; replaces one of the same step. */
  | { type: 'artifact'; analysis: string; step: number; artifact: unknown }
  /** TensorFlow runs; the device that really ran an op. */
  | { type: 'ready'; device: DeviceReport }
  | {
      type: 'progress'
      step: number
      totalSteps: number
      seconds: number
      secondsLeft: number | null
      /** Inside a step. */ activity?: StageActivity
    }
  /** Before the first step. */
  | { type: 'preparing'; activity: StageActivity }
  | { type: 'metrics'; points: MetricPoint[] }
  | { type: 'images'; images: SyntheticImages }
  | { type: 'evaluation'; step: number; evaluation: Evaluation }
  /** Of the data stage: what the trigger lint found. */
  | { type: 'findings'; findings: LintFinding[] }
  /** Of the data stage: images of the set as it was loaded. */
  | { type: 'imageCounts'; train: number; test: number }
  /** Of a stage that trains, before its first step. */
  | { type: 'stepUnits'; units: StepUnits }
  /** Where the time of this process went so far; replaces what it said before. */
  | { type: 'timings'; timings: ProcessTimings }
  | { type: 'checkpoint'; step: number; path: string }
  | { type: 'log'; level: 'debug' | 'info' | 'warn' | 'error'; message: string }
  /** `weights`: absolute path of the stage's model so far, null where there is none. */
  | {
      type: 'finished'
      outcome: 'done' | 'paused' | 'stopped'
      step: number
      evaluation: Evaluation | null
      weights: string | null
      /** Of a search for pixel values, the best first. */
      pixelTrials?: PixelTrial[]
    }
  | { type: 'failed'; causes: ErrorCause[] }
  | { type: 'pong'; time: number }
