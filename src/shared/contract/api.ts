import type { ErrorCause } from '../errors'
import type {
  DeviceReport,
  DownloadedFile,
  Evaluation,
  ExperimentConfig,
  ExperimentPreset,
  ExportFormat,
  ImageBatch,
  LintFinding,
  MetricDefinition,
  MetricSeries,
  PartialExperimentConfig,
  PoolSummary,
  RunDetail,
  RunSummary,
  SyntheticImages,
  TeacherNormalization,
} from '../domain'
import type { FamilyDescription, Issue, ParameterSchema } from '../schema'

/** Everything a form needs, as JSON. */
export interface Catalogue {
  families: FamilyDescription[]
  /** The sections that belong to no family: experiment, poisoning, teacher, training, recording, execution. */
  sections: Record<
    'experiment' | 'poisoning' | 'teacher' | 'training' | 'recording' | 'execution',
    { title: string; params: ParameterSchema }
  >
  metrics: Record<string, MetricDefinition>
  presets: ExperimentPreset[]
  /** The configuration that an empty input resolves to. */
  defaults: ExperimentConfig
}

export interface EngineInfo {
  product: 'ABD Workbench'
  version: string
  /** Absolute path. */
  workspace: string
  /** True when another engine owns the workspace and cannot be reached. */
  readOnly: boolean
  startedAt: number
  node: string
  platform: string
  cores: number
  memoryBytes: number
  /** null until a trainer has reported. */
  device: DeviceReport | null
  runtimeReady: boolean
  runtimeMessage: string | null
}

export interface DiskUse {
  workspaceBytes: number
  imagesBytes: number
  checkpointsBytes: number
  databaseBytes: number
  cacheBytes: number
  freeBytes: number
}
export interface Settings {
  threads: number
  keptSteps: number
  imagesPerStep: number
  theme: 'system' | 'light' | 'dark'
}

export interface TimeEstimate {
  /** Per stage id. */
  stages: Record<string, number>
  totalSeconds: number
  /** 'measured': from earlier runs on this machine; 'calculated': from operation counts and a calibration. */
  basis: 'measured' | 'calculated'
  note: string
}

export interface TriggerPreview {
  clean: ImageBatch
  poisoned: ImageBatch
  /** |poisoned − clean| · 8, clipped: the ×8 is stated in the view. */
  difference: ImageBatch
  labels: string[]
  /** The trigger lint, in reading order; an error would stop the run. */
  findings: LintFinding[]
}

export interface PatchPreview {
  /** The picture, reduced. */
  picture: ImageBatch
  /** The first patches of the run's set of `total`, as they are before they are mixed and varied in training. */
  patches: ImageBatch
  total: number
}

export interface DatasetInfo {
  id: string
  title: string
  classNames: string[]
  /** Numbers of images. */
  train: number
  test: number
  /** Pixels. */
  height: number
  width: number
  channels: number
  /** Images per class, by its number. */
  trainPerClass: number[]
  testPerClass: number[]
  /** What the researcher should know about these files (cut-down copy, guessed names …); sentences. */
  notes: string[]
}

/** A data set that is being read or drawn for a form. */
export interface DatasetLoading {
  dataset: string
  /** 0 … 1. */
  fraction: number
  message: string
}

/** A data set on its way to the engine's machine. */
export interface DownloadProgress {
  dataset: string
  /** The file's name, or "Unpacking …". */
  step: string
  filesDone: number
  files: number
  /** Of the current file (of entries, while unpacking); total null where the server does not say. */
  received: number
  total: number | null
}

export interface LogLine {
  time: number
  level: 'debug' | 'info' | 'warn' | 'error'
  message: string
}

type Runs = { runId: string }
type Stage = { runId: string; stageId: string }

/**
 * The calls of the engine: argument and result by name. The engine validates every argument by schema
 * (contract/schemas.ts).
 */
export interface EngineCalls {
  'engine.info': { args: Record<string, never>; result: EngineInfo }
  'engine.catalogue': { args: Record<string, never>; result: Catalogue }
  'engine.settings': { args: Record<string, never>; result: Settings }
  'engine.setSettings': { args: Partial<Settings>; result: Settings }
  'engine.diskUse': { args: Record<string, never>; result: DiskUse }
  /** Text without paths, tokens or user names. */
  'engine.diagnostics': { args: Record<string, never>; result: { text: string } }
  /** Starts a short-lived trainer that runs an op and reports; cached until asked again with `fresh`. */
  'engine.device': { args: { fresh?: boolean }; result: DeviceReport }
  'engine.log': { args: { lines?: number }; result: LogLine[] }

  'experiment.validate': {
    args: { config: PartialExperimentConfig }
    result: { config: ExperimentConfig; issues: Issue[] }
  }
  'experiment.estimate': { args: { config: PartialExperimentConfig }; result: TimeEstimate }
  'experiment.triggerPreview': {
    args: { config: PartialExperimentConfig; count?: number; firstImage?: number }
    result: TriggerPreview
  }
  /** What a method that is made from one picture (its fact `patchPreview`) would cut out of it. */
  'experiment.patchPreview': { args: { config: PartialExperimentConfig; count?: number }; result: PatchPreview }
  'dataset.info': { args: { config: PartialExperimentConfig }; result: DatasetInfo }
  /**
   * A range in the set's order, or the first `perClass` images of each of `classes`, class by class; at most 512, fewer
   * where there are fewer.
   */
  'dataset.images': {
    args: { config: PartialExperimentConfig; split: 'train' | 'test' } & (
      { first: number; count: number } | { classes: number[]; perClass: number }
    )
    result: ImageBatch & { labels: number[] }
  }

  /**
   * Brings the official files, or a mirror's, to `folder` (empty: the product's cache). Cancelling keeps what came;
   * another call goes on there. Answers with the parameters that read them.
   */
  'dataset.download': {
    args: { dataset: string; folder?: string; mirror?: string }
    result: {
      folder: string
      params: Record<string, unknown>
      /** What each file was compared with. */ files: DownloadedFile[]
    }
  }

  'runs.list': { args: { includeDeleted?: boolean }; result: RunSummary[] }
  'runs.get': { args: Runs; result: RunDetail }
  'runs.start': { args: { config: PartialExperimentConfig; preset?: string; note?: string }; result: RunSummary }
  /**
   * Pause and stop act after the current step and write a checkpoint; a step of many inner ones that does not end
   * within two seconds is given up for the last checkpoint.
   */
  'runs.pause': { args: Runs; result: RunSummary }
  'runs.stop': { args: Runs; result: RunSummary }
  /** From pause, stop, failure or interruption: goes on at the last checkpoint. */
  'runs.resume': { args: Runs; result: RunSummary }
  'runs.rename': { args: Runs & { name: string }; result: RunSummary }
  'runs.note': { args: Runs & { note: string }; result: RunSummary }
  'runs.tag': { args: Runs & { tags: string[] }; result: RunSummary }
  /** The configuration to start again from, name marked as a copy. */
  'runs.clone': { args: Runs; result: { config: ExperimentConfig } }
  'runs.delete': { args: { runIds: string[] }; result: { deleted: string[] } }
  'runs.undelete': { args: { runIds: string[] }; result: { restored: string[] } }
  'runs.emptyBin': { args: Record<string, never>; result: { freedBytes: number } }
  'runs.metrics': {
    args: Stage & { names?: string[]; maximumPoints?: number; afterStep?: number }
    result: { series: Record<string, MetricSeries> }
  }
  'runs.imageSteps': { args: Stage; result: { steps: number[] } }
  'runs.images': { args: Stage & { step: number }; result: SyntheticImages }
  /** The calls that have given images to a student's pool; none for methods without one. */
  'runs.pool': { args: Stage; result: PoolSummary }
  /** All images of one call, those displaced since then included. */
  'runs.poolImages': { args: Stage & { call: number }; result: ImageBatch }
  'runs.log': { args: Runs & { lines?: number }; result: LogLine[] }

  /** Evaluates a weights file on a data set with an attack. */
  'model.evaluate': {
    args: {
      file: string
      data: { id: string; params: Record<string, unknown> }
      attack: { id: string; params: Record<string, unknown> }
      target: number
      device?: 'auto' | 'cpu' | 'gpu'
      /** Taken where the file does not tell its network for certain. */ architecture?: {
        id: string
        params: Record<string, unknown>
      }
      /** Default: as the data set is. */ normalization?: TeacherNormalization
    }
    result: EvaluatedModel
  }
  /** What a weights file holds, nothing built or executed. */
  'model.inspect': { args: { file: string }; result: ModelReport }
  /** Writes a stage's weights to `path`, an absolute path on the engine's machine where nothing lies yet. */
  'model.export': { args: Stage & { format: ExportFormat; path: string }; result: { path: string; bytes: number } }
}

export interface EvaluatedModel {
  evaluation: Evaluation
  /** The importer's, and of a GPU that is not used. */
  warnings: string[]
  device: DeviceReport | null
}

/** Of an evaluation of a weights file. */
export interface ModelProgress {
  file: string
  /** What is done before the first image, e.g. "Reading the images"; null while evaluating. */
  message: string | null
  fraction: number
  secondsLeft: number | null
  /** Over the part of the test set that is done. */
  evaluation: Evaluation | null
}

export interface ModelReport {
  accepted: boolean
  reason: string | null
  architecture: { id: string; params: Record<string, unknown>; title: string } | null
  /** Other networks fit the names and shapes as well. */
  ambiguous: boolean
  format: string | null
  tensors: number
  sha256: string
  findings: { severity: 'info' | 'warning' | 'error'; message: string }[]
}

/** What the engine tells without being asked. Metric events are batched to at most 30 a second. */
export interface EngineEvents {
  /** A run appeared or its record changed (state, stage progress, evaluation). */
  'run.changed': { run: RunSummary }
  'run.removed': { runId: string }
  /** New points of one stage, in ascending step order. */
  'run.metrics': { runId: string; stageId: string; series: Record<string, MetricSeries> }
  /** A step of synthetic images was kept; `images` comes along for live views, and may be left out under load. */
  'run.images': { runId: string; stageId: string; step: number; images: SyntheticImages | null }
  'run.log': { runId: string; line: LogLine }
  /** At most ten a second per download. */
  'dataset.progress': DownloadProgress
  /** At most ten a second per evaluation. */
  'model.progress': ModelProgress
  /** While a `dataset.info` waits for images; at most ten a second. */
  'dataset.loading': DatasetLoading
  /** For a toast: something happened that the researcher should know. */
  'engine.notice': { severity: 'info' | 'warning' | 'error'; title: string; causes: ErrorCause[]; runId: string | null }
}

export type EngineCallName = keyof EngineCalls
export type EngineEventName = keyof EngineEvents
export type EngineEventFilter = { runId?: string }
export type CallArgs<K extends EngineCallName> = EngineCalls[K]['args']
export type CallResult<K extends EngineCallName> = EngineCalls[K]['result']

/**
 * The engine as every caller knows it, whatever carries it: implemented by the control process and by each client
 * (window, browser, command line, tests, fake engine).
 */
export interface EngineApi {
  /** @throws the engine's error, rebuilt; `signal` cancels the call. */
  call<K extends EngineCallName>(name: K, args: CallArgs<K>, signal?: AbortSignal): Promise<CallResult<K>>
  /** Returns the function that ends the subscription. */
  subscribe<K extends EngineEventName>(
    name: K,
    filter: EngineEventFilter,
    listener: (event: EngineEvents[K]) => void,
  ): () => void
}

/**
 * What only a window can do. The browser has its own implementation (file input, link), so nothing is "not supported".
 */
export interface HostApi {
  readonly kind: 'window' | 'browser'
  /** A path on the engine's machine, or null when dismissed; the browser asks for it as text. */
  choosePath(options: {
    select: 'file' | 'folder' | 'fileOrFolder'
    title: string
    extensions?: string[]
  }): Promise<string | null>
  saveFile(options: { name: string; data: Uint8Array | string; type: string }): Promise<boolean>
  openExternal(address: string): Promise<void>
  copyText(text: string): Promise<void>
  /** Desktop only: shows a file in the file manager; the browser copies the path instead. */
  revealPath(path: string): Promise<void>
}
