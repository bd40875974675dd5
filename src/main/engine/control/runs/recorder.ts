/** Everything that is written about a running run goes through here: store, events and log stay in step. */
import { mkdir } from 'node:fs/promises'
import type { LogLine } from '../../../../shared/contract'
import {
  poolBytesOf,
  type ExperimentConfig,
  type RunState,
  type RunSummary,
  type StageRecord,
} from '../../../../shared/domain'
import { toCauses, type ErrorCause } from '../../../../shared/errors'
import { folderBytes, type RunStore } from '../store'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'
import type { Executor } from '../executors/executor'
import { createRunTeller, type RunTeller } from './runTeller'
import { createStoreWrites, type StoreWrites } from './storeWrites'
import type { StageContext } from './types'

const metricsWriteInterval = 250

export interface RunRecorder {
  summary(runId: string): RunSummary
  stage(runId: string, stageId: string): StageRecord
  config(runId: string): ExperimentConfig
  runFolder(runId: string): string
  started(runId: string): void
  ended(runId: string, state: Exclude<RunState, 'queued' | 'running'>, causes?: ErrorCause[] | null): void
  /** Sizes and mirror, after the end. */
  settle(runId: string): Promise<void>
  updateStage(runId: string, stageId: string, change: Partial<StageRecord>): void
  contextOf(runId: string, config: ExperimentConfig, executor: Executor): StageContext
  flushMetrics(): void
  causesOf(error: unknown): ErrorCause[]
  /** Called when the disk does not take what a run finds. */
  onDiskFull(listener: (error: unknown) => void): void
  /** Tells the newest record of a run. */
  tell(runId: string): void
  dispose(): void
}

export function createRunRecorder(store: RunStore, hub: EventHub, log: EngineLog): RunRecorder {
  return new Recorder(store, hub, log)
}

class Recorder implements RunRecorder {
  private readonly flushTimer: NodeJS.Timeout
  private readonly writes: StoreWrites
  private readonly teller: RunTeller

  constructor(
    private readonly store: RunStore,
    private readonly hub: EventHub,
    private readonly engineLog: EngineLog,
  ) {
    this.writes = createStoreWrites(hub, engineLog)
    this.teller = createRunTeller(store, hub)
    this.flushTimer = setInterval(() => this.writes.quietly(() => this.store.metrics.flush()), metricsWriteInterval)
    this.flushTimer.unref()
  }

  summary(runId: string): RunSummary {
    return this.store.runs.summary(runId)
  }
  config(runId: string): ExperimentConfig {
    return this.store.runs.config(runId)
  }
  runFolder(runId: string): string {
    return this.store.runFolder(runId)
  }

  stage(runId: string, stageId: string): StageRecord {
    const stage = this.summary(runId).stages.find((entry) => entry.id === stageId)
    if (!stage) throw new Error(`The run ${runId} has no stage ${stageId}.`)
    return stage
  }

  started(runId: string): void {
    const { startedAt } = this.summary(runId)
    this.writes.quietly(() =>
      this.store.runs.update(runId, {
        state: 'running',
        startedAt: startedAt ?? Date.now(),
        endedAt: null,
        error: null,
      }),
    )
    this.log(runId, 'info', 'The run started.')
    this.tell(runId)
  }

  ended(runId: string, state: Exclude<RunState, 'queued' | 'running'>, causes: ErrorCause[] | null = null): void {
    this.flushMetrics()
    this.hub.flush()
    this.writes.quietly(() => this.store.runs.update(runId, { state, endedAt: Date.now(), error: causes }))
    this.log(
      runId,
      causes ? 'error' : 'info',
      `The run is ${state}${causes ? `: ${causes.map((cause) => cause.message).join(' because: ')}` : '.'}`,
    )
    this.tell(runId)
    if (causes)
      this.hub.emit('engine.notice', {
        severity: 'error',
        title: `${this.summary(runId).name}: ${state}`,
        causes,
        runId,
      })
  }

  async settle(runId: string): Promise<void> {
    try {
      await mkdir(this.runFolder(runId), { recursive: true })
      this.store.runs.update(runId, { bytesOnDisk: await folderBytes(this.runFolder(runId)) })
      await this.store.mirror(runId)
    } catch (error) {
      this.engineLog.error('The end of a run could not be written down whole.', error)
    }
    this.tell(runId)
  }

  updateStage(runId: string, stageId: string, change: Partial<StageRecord>): void {
    this.change(runId, stageId, change, true)
    this.tell(runId)
  }

  contextOf(runId: string, config: ExperimentConfig, executor: Executor): StageContext {
    return {
      runId,
      executor,
      keptSteps: config.recording.keptSteps,
      poolBytes: poolBytesOf(config.recording),
      hub: this.hub,
      metrics: this.store.metrics,
      images: this.store.images,
      pool: this.store.pool,
      artifacts: this.store.artifacts,
      updateStage: (stageId, change, write = true) => {
        this.change(runId, stageId, change, write)
        this.teller.tellSoon(runId)
      },
      addWarning: (stageId, message) => {
        const { warnings } = this.stage(runId, stageId)
        if (!warnings.includes(message))
          this.updateStage(runId, stageId, { warnings: [...warnings, message].slice(-50) })
      },
      preparing: (stageId, activity) => {
        this.change(runId, stageId, { activity }, false)
        this.teller.tellSoon(runId)
      },
      deviceFound: (device) => {
        this.writes.quietly(() => this.store.runs.update(runId, { device }))
        this.tell(runId)
      },
      log: (level, message) => this.log(runId, level, message),
      notice: (severity, title, causes) => this.hub.emit('engine.notice', { severity, title, causes, runId }),
      causesOf: (error) => this.causesOf(error),
    }
  }

  flushMetrics(): void {
    this.writes.quietly(() => this.store.metrics.flush())
  }

  causesOf(error: unknown): ErrorCause[] {
    const causes = toCauses(error)
    if (causes.some((cause) => !cause.forUser)) this.engineLog.error('A fault of the program.', error)
    return causes
  }

  onDiskFull(listener: (error: unknown) => void): void {
    this.writes.onDiskFull(listener)
  }

  tell(runId: string): void {
    this.teller.tell(runId)
  }

  dispose(): void {
    clearInterval(this.flushTimer)
    this.teller.dispose()
    this.flushMetrics()
  }

  private change(runId: string, stageId: string, change: Partial<StageRecord>, write: boolean): void {
    this.writes.quietly(() => this.store.runs.updateStage(runId, stageId, change, { write }))
    const seconds = this.summary(runId).stages.reduce((sum, stage) => sum + stage.seconds, 0)
    this.writes.quietly(() => this.store.runs.update(runId, { seconds }, { write }))
  }

  private log(runId: string, level: LogLine['level'], message: string): void {
    const line: LogLine = { time: Date.now(), level, message }
    this.engineLog[level](message, level === 'error' ? undefined : { runId })
    this.writes.quietly(() => this.store.log(runId, line))
    this.hub.emit('run.log', { runId, line })
  }
}
