/** The calls about runs: start, pause, stop, resume and train again here; records and the bin in files of their own. */
import { randomBytes } from 'node:crypto'
import type { CallArgs, Caller } from '../../../../shared/contract'
import {
  ownMachine,
  precisionOf,
  type ExperimentConfig,
  type PartialExperimentConfig,
  type RunState,
  type RunSummary,
} from '../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../shared/errors'
import { createFolderContents, madeAfter, type RunStore, type RunToKeep } from '../store'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'
import { cardNeed, type CardNeed } from '../experiments/cardIssue'
import { deviceIssues, type DeviceProbe } from '../experiments/deviceIssues'
import { createFingerprints } from '../experiments/fingerprints'
import { createConditions, type ConditionOf } from '../experiments/conditions'
import type { CostModel } from '../experiments/costModel'
import type { OtherSettings } from '../experiments/otherSettings'
import type { Resolution } from '../experiments/resolve'
import type { MemberTable } from '../experiments/memberTable'
import type { KeyContext } from '../experiments/stageKeys'
import { binCalls } from './bin'
import { createCheckpointHolds } from './checkpointHolds'
import { createFoundDevices, type FoundDevices } from './foundDevices'
import { createFreeSpace, type FreeSpace } from './freeSpace'
import { createLateMirrors, type LateMirrors } from './lateMirrors'
import { giveConditions } from './giveConditions'
import { giveHealth } from './giveHealth'
import { gatheringCalls } from './gathering/calls'
import { giveKeys } from './giveKeys'
import type { RunRecorder } from './recorder'
import { recordCalls } from './records'
import { manyRunsCalls } from './manyRuns'
import { resumePointOf, resumeWords } from './resumePoint'
import { assertNoErrors, type RunMaker, type RunRequest, type WhereToStart } from './runMaker'
import { recoverRuns } from './recovery'
import { tellAll } from './runTeller'
import { newRun, newRunId } from './newRun'
import { StageScheduler } from './scheduler'
import { forkCalls } from './forks'
import { twinCalls } from './twins'
import { rereadJournals } from './rereadJournals'
import { createStageBook, keysOfRun, type StageBook } from './stageBook'
import { createStageLauncher } from './stageLauncher'
import { createThinning } from './thinning'
import type { Executor } from '../executors/executor'
import type { RunCalls } from './types'

export interface RunServiceOptions {
  store: RunStore
  hub: EventHub
  recorder: RunRecorder
  table: MemberTable
  costs: CostModel
  executors: ReadonlyMap<string, Executor>
  cacheFolder: string
  readOnly: boolean
  /** It takes the place of an engine that died a moment ago. */
  replaces: boolean
  resolve(config: PartialExperimentConfig): Resolution
  otherSettings: OtherSettings
  /** Whether a study may still make runs, or go on with those that it has. */
  isStudyOpen(studyId: string): boolean
  log: EngineLog
  /** Refuses while the runtime is missing: a run that cannot train must not be made. */
  assertReady(): void
  /** Of this machine. */
  device: DeviceProbe
  /**
   * Looks at the teacher file of a run before anything is made; nothing where the teacher is trained.
   * @throws RefusedInputError with the reason, where the file is refused
   */
  assertTeacherFile(config: ExperimentConfig): Promise<void>
  /** @throws RefusedInputError where a configuration names what its caller may not read */
  assertConfig(caller: Caller, config: unknown): Promise<void>
}

export interface RunService extends RunMaker {
  readonly calls: RunCalls
  readonly active: boolean
  readonly scheduler: StageScheduler
  readonly freeSpace: Pick<FreeSpace, 'studyDone'>
  interrupt(runId: string, kind: 'pause' | 'stop'): RunSummary
  resume(runId: string, options?: { until?: number | null }): RunSummary
  /** Pauses what trains on this machine with a checkpoint, and starts nothing more. */
  close(): Promise<void>
}

const resumable: readonly RunState[] = ['paused', 'stopped', 'interrupted', 'failed']

export function createRunService(options: RunServiceOptions): RunService {
  return new Service(options)
}

class Service implements RunService {
  readonly book: StageBook
  readonly scheduler: StageScheduler
  readonly freeSpace: FreeSpace
  readonly calls: RunCalls
  private readonly mirrors: LateMirrors
  private readonly holds = createCheckpointHolds()
  private rereading: Promise<void> = Promise.resolve()
  private closed = false
  /** Records of earlier versions get what they lack; null: that has failed, and is tried again when it is wanted. */
  private filling: Promise<void> | null = null
  private readonly conditionOf: ConditionOf
  private readonly devices: FoundDevices

  constructor(private readonly options: RunServiceOptions) {
    const { store, table, costs, executors, readOnly, recorder, cacheFolder } = options
    const fingerprints = createFingerprints(table, createFolderContents(store.database, { readOnly }))
    this.book = createStageBook({ store, fingerprints, context: { table, costs } })
    const launcher = createStageLauncher({
      store,
      recorder,
      table,
      costs,
      cacheFolder,
      book: this.book,
      keysOf: keysOfRun,
    })
    const { holds } = this
    const thinning = createThinning({ store, costs, isStudyOpen: options.isStudyOpen, holds })
    this.freeSpace = createFreeSpace({ store, recorder, thinning, log: options.log })
    const ends = this.freeSpace
    holds.onRelease((place) => ends.stageDone(place))
    this.scheduler = new StageScheduler({ store, recorder, launcher, executors, ends, keysOf: keysOfRun })
    this.mirrors = createLateMirrors(store, options)
    this.calls = {
      ...this.ownCalls(),
      ...recordCalls({ ...options, changed: (runId) => this.mirrors.follow([runId]) }),
      ...binCalls({ ...options, mark: (changes) => this.mirrors.mark(changes) }),
      ...this.freeSpace.calls,
      ...this.callsAboutMany(),
      ...gatheringCalls({ ...options, conditionOf: (config, model) => this.conditionOf(config, model) }),
    }
    this.devices = createFoundDevices({
      ...{ store, recorder, table, executors },
      book: this.book,
      scheduler: this.scheduler,
      prepare: (configs) => this.prepare(configs),
    })
    this.conditionOf = createConditions(table, (key) => store.conditions.numberOf(key))
    void this.filledIn().catch((error: unknown) =>
      options.log.error('Records of earlier versions could not be brought up to date.', error),
    )
    if (readOnly) return
    const { left, runIds } = recoverRuns(store, executors, { replaces: options.replaces })
    this.scheduler.takeUp(left, runIds)
    this.mirrors.follow(store.behindMirrors())
    this.freeSpace.goOn()
    this.rereading = rereadJournals({ store, recorder, log: options.log, isClosed: () => this.closed }).catch(
      (error: unknown) => options.log.error('What trainings had written could not be read again.', error),
    )
  }

  get active(): boolean {
    return this.scheduler.busy
  }

  async startable(config: PartialExperimentConfig, { executor, subject }: WhereToStart): Promise<ExperimentConfig> {
    const { resolve, assertReady, executors, device, costs, store } = this.options
    const { config: resolved, issues } = resolve(config)
    const need = (): CardNeed => cardNeed(resolved, costs, store.settings().slots)
    const ofDevice = (executor ?? ownMachine) === ownMachine ? await deviceIssues(resolved, device, need) : []
    assertNoErrors([...issues, ...ofDevice], subject)
    assertReady()
    if (executor !== undefined) assertExecutor(executors, executor)
    await this.options.assertTeacherFile(resolved)
    return resolved
  }

  deviceOf(config: ExperimentConfig, executor: string): 'cpu' | 'gpu' {
    return this.devices.of(config, executor)
  }

  async prepare(configs: readonly ExperimentConfig[]): Promise<void> {
    await this.filledIn()
    await this.book.read(configs)
  }

  create(
    requests: readonly RunRequest[],
    alongside: (runs: readonly RunToKeep[]) => void = () => undefined,
  ): RunSummary[] {
    const { store, otherSettings } = this.options
    const createdAt = madeAfter([store.runs.newest()])
    const made = requests.map((request, index) => {
      // Ids sort as the runs were asked for.
      const id = newRunId(new Date(createdAt), runSuffix(requests.length, index))
      const run = newRun({
        ...request,
        id,
        createdAt: createdAt + index / 1000,
        otherSettings,
        conditionOf: this.conditionOf,
      })
      const device = this.deviceOf(request.config, request.executor ?? ownMachine)
      const keys = this.book.keysOf(request.config, device, { teacher: request.teacher, fork: request.fork })
      const files = this.book.filesOf(request.config)
      return {
        ...run,
        ...(files.length > 0 ? { files } : {}),
        stages: this.book.placed(run.stages, keys, { fresh: request.fresh === true }),
      }
    })
    store.transaction(
      () => {
        // First, since what it refuses must leave no run behind, in memory neither.
        alongside(made)
        store.runs.insert(...made)
      },
      { durable: true },
    )
    void tellAll(
      this.options.recorder,
      made.map(({ id }) => id),
    )
    this.scheduler.add(...made.map(({ id }) => id))
    return made.map(({ id }) => store.runs.peek(id))
  }

  interrupt(runId: string, kind: 'pause' | 'stop'): RunSummary {
    const { store, recorder } = this.options
    const run = store.runs.summary(runId)
    if (this.scheduler.interrupt(runId, kind)) return store.runs.summary(runId)
    if (kind === 'stop' && run.state === 'paused') {
      store.runs.update(runId, { state: 'stopped', error: null })
      recorder.tell(runId)
      return store.runs.summary(runId)
    }
    throw new UserError(`This run is ${run.state}; there is nothing to ${kind}.`, {
      wanted: 'a run that is running or waits',
      got: run.state,
    })
  }

  resume(runId: string, { until = null }: { until?: number | null } = {}): RunSummary {
    const { store } = this.options
    const run = store.runs.summary(runId)
    if (run.deletedAt !== null) throw new UserError('This run is in the bin.', { action: 'Restore it first.' })
    if (!resumable.includes(run.state))
      throw new UserError(`This run is ${run.state}; there is nothing to resume.`, {
        wanted: resumable.join(', '),
        got: run.state,
      })
    this.options.assertReady()
    store.runs.update(runId, { until })
    this.options.recorder.say(runId, resumeWords(resumePointOf(run, store)))
    return this.queue(runId)
  }

  async close(): Promise<void> {
    this.closed = true
    await this.rereading
    await this.scheduler.close()
    await this.freeSpace.close()
    await this.mirrors.close()
  }

  private callsAboutMany() {
    const { store, recorder, table, costs } = this.options
    const { runs } = store
    const many = manyRunsCalls({
      runs,
      mark: (changes) => this.mirrors.mark(changes),
      teller: recorder,
      queue: {
        putFirst: (runIds) => this.scheduler.putFirst(runIds),
        order: () => this.scheduler.runs.all().map(({ id }) => id),
      },
      maker: this,
    })
    const forks = forkCalls({ store, maker: this, table, costs, holds: this.holds })
    return { ...many, ...twinCalls({ runs, maker: this }), ...forks }
  }

  private filledIn(): Promise<void> {
    this.filling ??= this.fillIn().catch((error: unknown) => {
      this.filling = null
      throw error
    })
    return this.filling
  }

  /** What records of earlier versions lack. */
  private async fillIn(): Promise<void> {
    const { store, table, readOnly } = this.options
    if (!readOnly) await giveKeys(store, this.book, table)
    await giveConditions(store, this.conditionOf, { write: !readOnly })
    if (!readOnly) await giveHealth(store, table)
  }

  private queue(runId: string): RunSummary {
    const { store, recorder } = this.options
    store.runs.update(runId, { state: 'queued', error: null, endedAt: null })
    recorder.tell(runId)
    this.scheduler.add(runId)
    return store.runs.summary(runId)
  }

  private ownCalls(): Pick<RunCalls, 'runs.start' | 'runs.pause' | 'runs.stop' | 'runs.resume' | 'runs.trainAgain'> {
    return {
      'runs.start': (args) => this.start(args),
      'runs.pause': ({ runId }) => this.interrupt(runId, 'pause'),
      'runs.stop': ({ runId }) => this.interrupt(runId, 'stop'),
      'runs.resume': ({ runId }) => this.resume(runId),
      'runs.trainAgain': ({ runId, stageId }) => this.trainAgain(runId, stageId),
    }
  }

  private async start({
    config,
    preset,
    note,
    executor,
    takeTeacher = false,
  }: CallArgs<'runs.start'>): Promise<RunSummary> {
    const { store } = this.options
    const resolved = await this.startable(config, { executor })
    await this.prepare([resolved])
    const teacher = takeTeacher ? this.teacherElsewhere(resolved, executor ?? ownMachine) : undefined
    const [run] = this.create([{ config: resolved, preset, note, executor, teacher }])
    if (!run) throw new Error('No run was made.')
    await this.options.recorder.mirror(run.id)
    return store.runs.summary(run.id)
  }

  /** @throws RefusedInputError where no teacher of another device is there */
  private teacherElsewhere(config: ExperimentConfig, executor: string): KeyContext['teacher'] {
    const device = this.deviceOf(config, executor)
    const found = this.book.fromOtherDevice(config, device)
    if (found?.key)
      return { key: found.key, keyDevice: device === 'cpu' ? 'gpu' : 'cpu', precision: precisionOf(config) }
    throw new RefusedInputError('There is no teacher of this experiment from another device.', {
      wanted: 'a teacher that was trained on another kind of device',
      got: 'none',
      where: 'takeTeacher',
      action: 'Start without it: the teacher is trained, or found where this device has trained it.',
    })
  }

  private trainAgain(runId: string, stageId: string): RunSummary {
    const { store } = this.options
    const run = store.runs.summary(runId)
    if (run.state === 'running' || run.state === 'queued')
      throw new UserError(`This run is ${run.state}; nothing of it can be trained again now.`, {
        wanted: 'a run that has ended',
        got: run.state,
        action: 'Stop it first.',
      })
    if (run.deletedAt !== null) throw new UserError('This run is in the bin.', { action: 'Restore it first.' })
    const again = this.book.again(run, stageId)
    if (again.length === 0)
      throw new RefusedInputError(`The run "${runId}" has no stage "${stageId}".`, {
        wanted: run.stages.map(({ id }) => id).join(', '),
        got: stageId,
      })
    this.options.assertReady()
    store.transaction(() => {
      for (const { stageId: id, stage } of again) {
        store.stages.insert(stage)
        store.runs.setStage(runId, id, { place: stage.place })
      }
    })
    return this.queue(runId)
  }
}

/** @throws RefusedInputError that names those that there are */
export function assertExecutor(executors: ReadonlyMap<string, Executor>, id: string): void {
  if (executors.has(id)) return
  throw new RefusedInputError(`There is no executor called "${id}".`, {
    wanted: [...executors.keys()].join(', '),
    got: id,
    where: 'executor',
  })
}

/** Random, after the place among those that are made at once. */
const runSuffix = (count: number, index: number): string => {
  const place = count === 1 ? '' : index.toString(36).padStart((count - 1).toString(36).length, '0')
  return `${place}${randomBytes(2).toString('hex')}`
}
