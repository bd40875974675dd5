import type { ErrorCause } from '../errors'
import type { Condition, ModelSettings } from './condition'
import type { KnownPixelValues } from './pixels'
import type { ExperimentConfig } from './config'
import type { HealthFinding } from './health'
import type { Precision, PrecisionSpeed } from './precision'
import type { StageName } from './stageName'
import type { ProcessTimings } from './timings'

export type RunState = 'queued' | 'running' | 'paused' | 'stopped' | 'interrupted' | 'failed' | 'done'
export type StageState = 'waiting' | 'running' | 'paused' | 'stopped' | 'interrupted' | 'failed' | 'done'

/** Fractions of 1. `null` where it was not (or cannot be) measured, e.g. ASR without an attack. */
export interface Evaluation {
  accuracy: number
  /** Share of triggered non-target test images that are classified as the target. */
  asr: number | null
  /** The same over all triggered test images, those of the target class included. */
  asrAll: number | null
  /** Share of triggered non-target test images that keep their true label. */
  robustAccuracy: number | null
  /** Test images behind the accuracy. */
  images: number
  /** Triggered non-target images behind the ASR. */
  nonTarget: number
  /** Of the clean test images, how many get the answer that most of them get; absent in records of earlier versions. */
  topAnswer?: { readonly label: number; readonly share: number }
  /** How many classes there are; absent in records of earlier versions. */
  classes?: number
  /** Share of the clean test images that are of their most frequent class: the accuracy of always answering it. */
  largestClass?: number
  /** Share of the non-target test images that are called the target without a trigger; absent without an attack. */
  cleanTargetRate?: number
  /** Clean test images whose logits are not all finite; absent where there are none. */
  notFinite?: number
  /** The step after which it was made; absent in records of earlier versions, and of files. */
  step?: number
}

/** One answer of the trigger lint. */
export interface LintFinding {
  /** error: the attack success rate would mean nothing; the run stops. */
  readonly severity: 'ok' | 'info' | 'warning' | 'error'
  readonly message: string
}

/** What a stage does at the moment, where that is no counted step: reading data, a synthesis call's inner steps. */
export interface StageActivity {
  /** E.g. "Reading data_batch_3", "Synthesis 80 of 200". */
  message: string
  /** How far that is, 0…1. */
  fraction: number
}

/** What a step of a stage is in other units. */
export interface StepUnits {
  /** Images that go through training in a step. */
  imagesPerStep: number
  /** null where the stage has no epochs. */
  stepsPerEpoch: number | null
}

/** Where a stage runs, or why it waits. */
export interface StageWhere {
  readonly state: 'waiting' | 'running'
  /** In a scheduler's own words, e.g. "Priority". */
  readonly reason?: string
  readonly job?: string
  readonly node?: string
  readonly gpu?: string
}

/** The run that a stage was trained for, where that is another one. */
export interface StageOrigin {
  readonly runId: string
  readonly runName: string
}

/** What a run says of its stages: which ones they are, and what they are to it. */
export interface OwnStage extends StageName {
  /** stageIdOf its name. */
  readonly id: string
  title: string
  /** For students: method id and "none", "sv", … */
  method?: string
  defense?: string
  /**
   * Settings in which this model differs from the one behind a published number, in words; absent where nothing is
   * published about such a model.
   */
  otherSettings?: string[]
  /** See stageRecipeOf; absent in records of earlier versions. */
  recipe?: string
  pairKey?: string
  /** What kind of model it is; absent of data stages and in records of earlier versions. */
  condition?: Condition
  /** Settings of its defenses; absent as `condition` is. */
  settings?: ModelSettings
  /** Hash of everything that decides its result; null in records whose key nobody could tell. */
  key?: string | null
  /** The kind of device that the key stands for; absent in records of earlier versions, and of data stages. */
  keyDevice?: 'cpu' | 'gpu'
  /** In which it is computed; absent: float32, as in records of earlier versions. */
  precision?: Precision
  /** Its folder relative to the workspace. Stages of one key that are one stage have one place. */
  place?: string
  /** The student that it equals until after so many pseudo batches; absent or null: it begins by itself. */
  prefix?: StudentPrefix | null
}

/** The student that another one equals until after so many pseudo batches. */
export interface StudentPrefix {
  readonly key: string
  readonly step: number
  /** It went on from that one's checkpoint with another configuration, and has no beginning of its own. */
  readonly fork?: true
}

/** What a stage has come to, whichever runs name it. */
export interface StageProgress {
  state: StageState
  step: number
  /** null while unknown. */
  totalSteps: number | null
  /** Working seconds so far, pauses not counted. */
  seconds: number
  /** Estimated seconds to the end of this stage; null while unknown. */
  secondsLeft: number | null
  /** Not kept: gone with the next step. */
  activity?: StageActivity | undefined
  evaluation: Evaluation | null
  /** Absolute path of the weights, when there are any. */
  weights: string | null
  warnings: string[]
  /** What the trigger lint found; of the data stage. */
  findings?: LintFinding[]
  /** Images of the data set as it was loaded; of the data stage. */
  imageCounts?: { train: number; test: number }
  /** Of stages that train; absent before it has begun, and in records of earlier versions. */
  stepUnits?: StepUnits
  /** Where the time of its processes went; absent in records of earlier versions. */
  timings?: readonly ProcessTimings[]
  /** The step of the newest artifact of each analysis that was measured; absent where none was. */
  artifacts?: Record<string, number>
  /** Absent where it neither runs nor waits for a place to run. */
  where?: StageWhere | undefined
  /** What really ran its ops; absent before that is known. */
  device?: DeviceReport
  /** What is wrong with it that its state does not tell; absent where nothing is. */
  health?: HealthFinding[]
}

/** A stage of a run: the run's words for it, and what it has come to. */
export interface StageRecord extends OwnStage, StageProgress {
  /** Absent where it was, or will be, trained for this run. */
  origin?: StageOrigin
}

export interface DeviceReport {
  /** What really ran an op: 'cpu' or 'gpu'. */
  kind: 'cpu' | 'gpu'
  /** E.g. "AMD EPYC, 2 threads" or "NVIDIA H100". */
  title: string
  /** True when a GPU was expected (driver or GPU build found) and the CPU ran. */
  fallback: boolean
  reason: string | null
  threads: number
  tensorflow: string
  driver: string | null
  cuda: string | null
  cudnn: string | null
  computeCapability: string | null
  /** Of the GPU in use; absent without one, and in reports of earlier versions. */
  memoryBytes?: number
  details: Record<string, string>
  /** Absent where it was not measured: stages do not. */
  precisionSpeed?: PrecisionSpeed
}

/** The run that a run does again, from that one's file. */
export interface Reproduced {
  readonly runId: string
  readonly runName: string
}

export interface RunSummary {
  id: string
  name: string
  note: string
  tags: string[]
  state: RunState
  /** Milliseconds since 1970. */
  createdAt: number
  startedAt: number | null
  endedAt: number | null
  seconds: number
  stages: StageRecord[]
  /** For tables without opening the configuration. */
  data: string
  attack: string
  /** null where the teacher came from a file: nothing was poisoned here, and of the file nobody knows. */
  poisonRatio: number | null
  target: number
  method: string
  seed: number
  /**
   * The same for runs that differ in nothing but seed, name, recording and machine; absent in records of earlier
   * versions.
   */
  recipe?: string
  preset: string | null
  /** Where its stages run; absent in records of earlier versions: local. */
  executor?: string
  /** Higher comes first; absent: 0. */
  priority?: number
  /** Among those of its priority the lower comes first; absent: as it was made. */
  position?: number
  /** The study that it is a cell of. */
  study?: { readonly id: string; readonly cell: number; readonly axes: Readonly<Record<string, string>> } | null
  /** Its students pause after so many pseudo batches; absent: they go on to their end. */
  until?: number | null
  /** What the files that it names held when it was made, in an order of their own; absent in earlier records. */
  files?: readonly { readonly path: string; readonly print: string }[]
  device: DeviceReport | null
  error: ErrorCause[] | null
  /** Set while the run lies in the bin; undo is possible until it is emptied. */
  deletedAt: number | null
  /** Set while it is kept out of tables that do not ask for it; absent: it is not. */
  archivedAt?: number | null
  /** The checkpoint that its students went on from with another configuration. */
  forkedFrom?: { readonly runId: string; readonly runName: string; readonly stageId: string; readonly step: number }
  /** The run that it does again, from that one's file. */
  reproduces?: Reproduced
  bytesOnDisk: number
}

export interface RunDetail extends RunSummary {
  config: ExperimentConfig
  /** Dotted paths of the configuration that differ from the defaults. */
  changedPaths: string[]
}

/** What a network scores with images in these pixel values, without a trigger. */
export interface PixelTrial {
  readonly pixels: KnownPixelValues
  readonly evaluation: Evaluation
}
