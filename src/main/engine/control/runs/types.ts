import type { DeviceReport, Evaluation, StageActivity, StageRecord } from '../../../../shared/domain'
import type { CallHandlers, CallsOf, EngineEvents, LogLine } from '../../../../shared/contract'
import type { ErrorCause } from '../../../../shared/errors'
import type { RunStore } from '../store'
import type { EventHub } from '../events'
import type { Executor } from '../executors/executor'

export type RunCalls = CallHandlers<CallsOf<'runs'>>

export type StageOutcome =
  | { type: 'done' | 'paused' | 'stopped'; evaluation: Evaluation | null; weights: string | null }
  | { type: 'failed'; causes: ErrorCause[] }
  /** The process ended without a word: a native crash, a kill, no memory. */
  | { type: 'crashed'; reason: string }

export interface EngineNoticeSink {
  notice(severity: EngineEvents['engine.notice']['severity'], title: string, causes: ErrorCause[]): void
  /** An error as data; faults of the program are logged with their stack. */
  causesOf(error: unknown): ErrorCause[]
}

/** What a running stage needs of its run. */
export interface StageContext extends EngineNoticeSink {
  readonly runId: string
  readonly keptSteps: number
  /** Disk for the image grids of a student's pool. */
  readonly poolBytes: number
  readonly executor: Executor
  readonly hub: EventHub
  readonly metrics: RunStore['metrics']
  readonly images: RunStore['images']
  readonly pool: RunStore['pool']
  readonly artifacts: RunStore['artifacts']
  updateStage(stageId: string, change: Partial<StageRecord>, write?: boolean): void
  addWarning(stageId: string, message: string): void
  preparing(stageId: string, activity: StageActivity): void
  deviceFound(device: DeviceReport): void
  log(level: LogLine['level'], message: string): void
}
