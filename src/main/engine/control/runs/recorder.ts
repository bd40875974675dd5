/** Everything that is written about a running run goes through here: store, events and log stay in step. */
import { dirname } from 'node:path'
import type { LogLine } from '../../../../shared/contract'
import {
  poolBytesOf,
  type DeviceReport,
  type ExperimentConfig,
  type RunState,
  type RunSummary,
} from '../../../../shared/domain'
import { UserError, isAllOurs, toCauses, type ErrorCause } from '../../../../shared/errors'
import { makeFolderWithin } from '../../weights/atomicFile'
import { folderBytes, type KeptStage, type RunStore } from '../store'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'
import { observedHealth } from './observedHealth'
import { createRunTeller, type RunTeller } from './runTeller'
import { createStoreWrites, type StoreWrites } from './storeWrites'
import type { StageContext } from './types'

const metricsWriteInterval = 250

type EndState = Exclude<RunState, 'queued' | 'running'>

export interface RunEnd {
  readonly state: EndState
  readonly causes?: ErrorCause[] | null
}

export interface RunRecorder {
  summary(runId: string): RunSummary
  started(runId: string): void
  /** It has begun, and waits for a place to go on. */
  waits(runId: string): void
  /** A line of the run's log. */
  say(runId: string, message: string): void
  /** @returns how it has ended: nothing is done whose end is not on disk */
  ended(runId: string, end: RunEnd): EndState
  /** Writes the run's copy beside its files; never rejects. */
  mirror(runId: string): Promise<void>
  /** Sizes and mirror, after the end. */
  settle(runId: string): Promise<void>
  /** Of the stage at a place; all runs that name it are told. */
  updateStage(place: string, change: Partial<KeptStage>): void
  /**
   * The end of the stage at a place: that it is done is told only where it is written down for good.
   * @returns why it could not be, with what to do; it is interrupted then, and resumed it ends at once
   */
  stageEnded(place: string, change: Partial<KeptStage>): ErrorCause[] | null
  /** @param runId the run that the stage is trained for, whose log has its lines */
  contextOf(place: string, runId: string, config: ExperimentConfig): StageContext
  flushMetrics(): void
  /** Writes to the store; what it does not take is told once. */
  quietly(work: () => void): void
  causesOf(error: unknown): ErrorCause[]
  /** Called when the disk does not take what a run finds. */
  onDiskFull(listener: (error: unknown) => void): void
  /** Called when a stage has found out what it computes on. */
  onDevice(listener: (place: string, device: DeviceReport) => void): void
  /** Tells the newest record of a run. */
  tell(runId: string): void
  /** Resolves when nothing is being written any more. */
  dispose(): Promise<void>
}

export function createRunRecorder(store: RunStore, hub: EventHub, log: EngineLog): RunRecorder {
  return new Recorder(store, hub, log)
}

class Recorder implements RunRecorder {
  private readonly flushTimer: NodeJS.Timeout
  private readonly writes: StoreWrites
  private readonly teller: RunTeller
  /** Copies and ends of runs on their way to the disk; they never reject. */
  private readonly underWay = new Set<Promise<void>>()
  private deviceListener: (place: string, device: DeviceReport) => void = () => undefined

  constructor(
    private readonly store: RunStore,
    private readonly hub: EventHub,
    private readonly engineLog: EngineLog,
  ) {
    this.writes = createStoreWrites(hub, engineLog)
    this.teller = createRunTeller(store, hub)
    this.flushTimer = setInterval(() => {
      this.writes.retry()
      this.flushMetrics()
    }, metricsWriteInterval)
    this.flushTimer.unref()
  }

  summary(runId: string): RunSummary {
    return this.store.runs.summary(runId)
  }
  started(runId: string): void {
    const { startedAt, state } = this.summary(runId)
    if (state === 'running') return
    this.changeRun(runId, { state: 'running', startedAt: startedAt ?? Date.now(), endedAt: null, error: null })
    this.log(runId, { level: 'info', message: 'The run started.' })
    this.tell(runId)
    if (startedAt === null) void this.mirror(runId)
  }

  waits(runId: string): void {
    if (this.summary(runId).state !== 'running') return
    this.changeRun(runId, { state: 'queued' })
    this.tell(runId)
  }

  ended(runId: string, { state: wanted, causes: given = null }: RunEnd): EndState {
    this.flushMetrics()
    this.hub.flush()
    const { state, causes } = this.keepEnd(runId, { state: wanted, causes: given })
    const level = causes ? 'error' : 'info'
    const because = causes ? `: ${causes.map((cause) => cause.message).join(' because: ')}` : '.'
    this.log(runId, { level, message: `The run is ${state}${because}` })
    this.tell(runId)
    // Of a study's cells the study tells.
    if (causes && !this.summary(runId).study)
      this.hub.emit('engine.notice', {
        severity: 'error',
        title: `${this.summary(runId).name}: ${state}`,
        causes,
        runId,
      })
    return state
  }

  /** With what its stages have come to, in one transaction that survives a power cut. */
  private keepEnd(runId: string, { state, causes }: Required<RunEnd>): Required<RunEnd> {
    const { runs, stages } = this.store
    const endedAt = Date.now()
    let fault: unknown
    const write = (): void => {
      for (const { place } of runs.peek(runId).stages) if (place && stages.has(place)) stages.update(place, {})
      runs.update(runId, { state, endedAt, error: causes })
    }
    this.writes.quietly(() => {
      try {
        this.store.transaction(write, { durable: true })
      } catch (error) {
        fault = error
        throw error
      }
    })
    if (fault === undefined) return { state, causes }
    const end: Required<RunEnd> =
      state === 'done'
        ? { state: 'failed', causes: this.causesOf(unwrittenEnd(this.store.folder, fault)) }
        : { state, causes }
    this.changeRun(runId, { state: end.state, endedAt, error: end.causes })
    return end
  }

  settle(runId: string): Promise<void> {
    return this.awaited(this.writeEnd(runId))
  }
  mirror(runId: string): Promise<void> {
    return this.awaited(this.writeCopy(runId))
  }
  private awaited(work: Promise<void>): Promise<void> {
    this.underWay.add(work)
    void work.finally(() => this.underWay.delete(work))
    return work
  }

  private async writeEnd(runId: string): Promise<void> {
    // It may have been removed meanwhile; one that never began has left nothing.
    if (!this.store.runs.has(runId) || this.store.runs.peek(runId).startedAt === null) return
    try {
      await makeFolderWithin(dirname(this.store.runFolder(runId)), runId)
      this.store.runs.update(runId, { bytesOnDisk: await bytesOf(this.store, runId) })
      await this.store.mirror(runId)
    } catch (error) {
      if (this.store.runs.has(runId)) this.engineLog.error('The end of a run could not be written down whole.', error)
    }
    this.tell(runId)
  }

  /** The database holds the run: without its copy beside its files it trains all the same. */
  private async writeCopy(runId: string): Promise<void> {
    try {
      await makeFolderWithin(dirname(this.store.runFolder(runId)), runId)
      await this.store.mirror(runId)
    } catch (error) {
      this.engineLog.error('A run could not be written beside its files.', error)
    }
  }

  stageEnded(place: string, change: Partial<KeptStage>): ErrorCause[] | null {
    const fault = change.state === 'done' ? this.keepDone(place, change) : null
    this.updateStage(place, fault === null ? change : { ...change, state: 'interrupted' })
    return fault === null ? null : this.causesOf(unwrittenEnd(this.store.folder, fault))
  }

  /** So that a power cut does not undo it. @returns why it cannot be written, at a second try neither */
  private keepDone(place: string, change: Partial<KeptStage>): unknown {
    const keep = (): void =>
      void this.store.transaction(() => this.store.stages.update(place, change), { durable: true })
    for (let left = 1; ; left--) {
      try {
        keep()
        return null
      } catch (error) {
        if (left === 0) return error
      }
    }
  }

  updateStage(place: string, change: Partial<KeptStage>): void {
    this.change(place, change, true)
    for (const runId of this.store.runs.naming(place)) this.tell(runId)
  }

  contextOf(place: string, runId: string, config: ExperimentConfig): StageContext {
    const { store, hub } = this
    const title = store.runs.peek(runId).stages.find((stage) => stage.place === place)?.title ?? place
    const update: StageContext['update'] = (change, write = true) => {
      this.change(place, change, write)
      this.tellSoon(place)
    }
    return {
      ...observedHealth(() => store.stages.get(place), update),
      place,
      title,
      keptSteps: config.recording.keptSteps,
      poolBytes: poolBytesOf(config.recording),
      metrics: store.metrics,
      images: store.images,
      pool: store.pool,
      artifacts: store.artifacts,
      positions: store.positions,
      update,
      keep: (alongside) =>
        store.metrics.flush(() => {
          store.stages.update(place, {})
          alongside()
        }),
      position: () => store.stages.get(place),
      tellMetrics: (points) => {
        for (const { id, stageId } of this.listening(place, 'run.metrics')) hub.metrics(id, stageId, points)
      },
      watchesImages: () => this.listening(place, 'run.images').some(({ id }) => hub.listens('run.images', id)),
      tellImages: (step, images) => {
        for (const { id, stageId } of this.listening(place, 'run.images'))
          hub.emit('run.images', { runId: id, stageId, step, images })
      },
      addWarning: (message) => {
        const { warnings } = store.stages.get(place)
        if (!warnings.includes(message)) this.updateStage(place, { warnings: [...warnings, message].slice(-50) })
      },
      preparing: (activity) => {
        this.change(place, { activity }, false)
        this.tellSoon(place)
      },
      deviceFound: (device) => {
        this.change(place, { device }, true)
        this.deviceListener(place, device)
        for (const id of store.runs.naming(place)) {
          if (store.runs.peek(id).state === 'running') this.changeRun(id, { device })
          this.tell(id)
        }
      },
      log: (level, message, alongside) => this.log(runId, { level, message }, alongside),
      notice: (severity, noticeTitle, causes) =>
        hub.emit('engine.notice', { severity, title: noticeTitle, causes, runId }),
      causesOf: (error) => this.causesOf(error),
    }
  }

  flushMetrics(): void {
    this.writes.quietly(() => this.store.metrics.flush())
  }

  quietly(work: () => void): void {
    this.writes.quietly(work)
  }

  causesOf(error: unknown): ErrorCause[] {
    const causes = toCauses(error)
    if (!isAllOurs(error))
      this.engineLog.error(
        causes.some(({ forUser }) => !forUser) ? 'A fault of the program.' : 'A fault of the disk.',
        error,
      )
    return causes
  }

  onDiskFull(listener: (error: unknown) => void): void {
    this.writes.onDiskFull(listener)
  }

  onDevice(listener: (place: string, device: DeviceReport) => void): void {
    this.deviceListener = listener
  }

  tell(runId: string): void {
    this.teller.tell(runId)
  }

  async dispose(): Promise<void> {
    clearInterval(this.flushTimer)
    while (this.underWay.size > 0) await Promise.all(this.underWay)
    this.teller.dispose()
    this.writes.retry()
    this.flushMetrics()
  }

  private change(place: string, change: Partial<KeptStage>, write: boolean): void {
    const { stages } = this.store
    this.writes.quietly(() => stages.update(place, change, { write }), {
      name: place,
      work: () => stages.has(place) && stages.update(place, {}),
    })
  }

  private changeRun(runId: string, change: Parameters<RunStore['runs']['update']>[1]): void {
    const { runs } = this.store
    this.writes.quietly(() => runs.update(runId, change), {
      name: runId,
      work: () => runs.has(runId) && runs.update(runId, {}),
    })
  }

  /** Progress goes to the run that the stage is trained for, and to those that somebody looks at. */
  private tellSoon(place: string): void {
    const { trainedFor } = this.store.stages.get(place)
    for (const id of this.store.runs.naming(place))
      if (id === trainedFor || this.hub.listensTo(id)) this.teller.tellSoon(id)
  }

  /** The runs that name a stage and that an event about it goes to. */
  private listening(place: string, event: 'run.metrics' | 'run.images'): { id: string; stageId: string }[] {
    const { runs, stages } = this.store
    const { trainedFor } = stages.get(place)
    return runs.naming(place).flatMap((id) => {
      if (id !== trainedFor && !this.hub.listensTo(id, event)) return []
      const stageId = runs.peek(id).stages.find((stage) => stage.place === place)?.id
      return stageId === undefined ? [] : [{ id, stageId }]
    })
  }

  say(runId: string, message: string): void {
    this.log(runId, { level: 'info', message })
  }

  private log(runId: string, said: Pick<LogLine, 'level' | 'message'>, alongside?: () => void): void {
    const line: LogLine = { time: Date.now(), ...said }
    const { level, message } = line
    this.engineLog[level](message, level === 'error' ? undefined : { runId })
    this.writes.quietly(() =>
      this.store.transaction(() => {
        this.store.log(runId, line)
        alongside?.()
      }),
    )
    this.hub.emit('run.log', { runId, line })
  }
}

const unwrittenEnd = (folder: string, cause: unknown): UserError =>
  new UserError('The end of the run could not be written down.', {
    wanted: 'a workspace that can be written',
    where: folder,
    action:
      'Free some space or make the workspace writable, then resume the run: nothing is lost, and it ends at once.',
    cause,
  })

/** Of a run's folder, and of the stages that it names where they lie elsewhere. */
async function bytesOf(store: RunStore, runId: string): Promise<number> {
  const own = store.runFolder(runId)
  const places = store.runs
    .peek(runId)
    .stages.flatMap(({ place }) => (place === undefined ? [] : [store.stageFolder(place)]))
  let bytes = await folderBytes(own)
  for (const folder of new Set(places)) if (!folder.startsWith(own)) bytes += await folderBytes(folder)
  return bytes
}
