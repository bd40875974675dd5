/** The calls about runs: start, pause, stop, resume, edit, delete, and what they recorded. */
import { randomBytes } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import type { CallArgs, CallHandlers, CallsOf } from '../../../../shared/contract'
import type { PartialExperimentConfig, RunState, RunSummary } from '../../../../shared/domain'
import { poolBytesOf } from '../../../../shared/domain'
import { RefusedInputError, UserError, toCauses } from '../../../../shared/errors'
import { createRunQueue, type RunQueue } from './queue'
import { folderBytes, type RunStore } from '../store'
import { changedFromDefaults } from '../experiments/changedFromDefaults'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'
import type { OtherSettings } from '../experiments/otherSettings'
import type { Resolution } from '../experiments/resolve'
import type { MemberTable } from '../experiments/memberTable'
import { driveRun, type RunDriver } from './driver'
import type { RunRecorder } from './recorder'
import { readArtifact } from './artifacts'
import { newRun, newRunId } from './newRun'
import type { Executor } from '../executors/executor'

export type RunCalls = CallHandlers<CallsOf<'runs'>>

export interface RunServiceOptions {
  store: RunStore
  hub: EventHub
  recorder: RunRecorder
  table: MemberTable
  log: EngineLog
  executor: Executor
  cacheFolder: string
  readOnly: boolean
  resolve(config: PartialExperimentConfig): Resolution
  otherSettings: OtherSettings
  /** Refuses while the runtime is missing: a run that cannot train must not be made. */
  assertReady(): void
}

export interface RunService {
  readonly calls: RunCalls
  readonly active: boolean
  /** Pauses the current run with a checkpoint and starts no other. */
  close(): Promise<void>
}

const resumable: readonly RunState[] = ['paused', 'stopped', 'interrupted', 'failed']

export function createRunService(options: RunServiceOptions): RunService {
  const service = new Service(options)
  if (!options.readOnly) service.recover()
  return {
    calls: service.calls(),
    get active() {
      return service.queue.current !== null
    },
    close: () => service.close(),
  }
}

class Service {
  readonly queue: RunQueue
  private driver: { runId: string; driver: RunDriver } | null = null

  constructor(private readonly options: RunServiceOptions) {
    this.queue = createRunQueue(async (runId) => {
      const { recorder, table, executor, cacheFolder, store } = options
      const driver = driveRun(runId, { recorder, table, executor, cacheFolder, threads: store.settings().threads })
      this.driver = { runId, driver }
      await driver.done
      this.driver = null
    })
    options.recorder.onDiskFull((error) => this.driver?.driver.fail(error))
  }

  /**
   * What an engine that ended badly left behind: running becomes interrupted, waiting becomes paused (nothing trains
   * unasked).
   */
  recover(): void {
    const { store } = this.options
    for (const run of store.runs.list(true)) {
      if (run.state !== 'running' && run.state !== 'queued') continue
      const state = run.state === 'running' ? ('interrupted' as const) : ('paused' as const)
      for (const stage of run.stages)
        if (stage.state === 'running')
          store.runs.updateStage(run.id, stage.id, { state: 'interrupted', secondsLeft: null, activity: undefined })
      store.runs.update(run.id, {
        state,
        endedAt: Date.now(),
        error:
          state === 'interrupted'
            ? toCauses(
                new UserError('The engine ended while this run was training.', {
                  action: 'Resume it: it goes on at its last checkpoint.',
                }),
              )
            : null,
      })
    }
  }

  async close(): Promise<void> {
    for (const runId of this.queue.waiting()) {
      this.queue.remove(runId)
      this.move(runId, 'paused')
    }
    this.driver?.driver.request('pause')
    await this.queue.close()
  }

  calls(): RunCalls {
    const { store, recorder } = this.options
    return {
      'runs.list': ({ includeDeleted }) => store.runs.list(includeDeleted === true),
      'runs.get': ({ runId }) => {
        const config = store.runs.config(runId)
        return { ...store.runs.summary(runId), config, changedPaths: changedFromDefaults(config, this.options.resolve) }
      },
      'runs.start': (args) => this.start(args),
      'runs.pause': ({ runId }) => this.interrupt(runId, 'pause'),
      'runs.stop': ({ runId }) => this.interrupt(runId, 'stop'),
      'runs.resume': ({ runId }) => this.resume(runId),
      'runs.rename': ({ runId, name }) => {
        store.runs.setConfigName(runId, name)
        return this.edit(runId, { name })
      },
      'runs.note': ({ runId, note }) => this.edit(runId, { note }),
      'runs.tag': ({ runId, tags }) => this.edit(runId, { tags: [...new Set(tags)] }),
      'runs.clone': ({ runId }) => {
        const config = store.runs.config(runId)
        return { config: { ...config, name: `${config.name} (copy)`.slice(-200) } }
      },
      'runs.delete': ({ runIds }) => ({ deleted: this.bin(runIds, Date.now()) }),
      'runs.undelete': ({ runIds }) => ({ restored: this.bin(runIds, null) }),
      'runs.emptyBin': () => this.emptyBin(),
      'runs.metrics': async ({ runId, stageId, ...rest }) => {
        store.runs.summary(runId)
        return { series: await store.metrics.read(runId, stageId, rest) }
      },
      'runs.imageSteps': ({ runId, stageId }) => ({ steps: store.images.steps(store.runs.summary(runId).id, stageId) }),
      'runs.images': ({ runId, stageId, step }) => store.images.read(runId, stageId, step),
      'runs.artifacts': ({ runId, ...which }) => ({
        artifacts: store.artifacts.read(store.runs.summary(runId).id, which).map((stored) => readArtifact(stored)),
      }),
      'runs.pool': ({ runId, stageId }) => ({
        ...store.pool.summary(store.runs.summary(runId).id, stageId),
        budgetBytes: poolBytesOf(store.runs.config(runId).recording),
      }),
      'runs.poolImages': ({ runId, stageId, call }) => store.pool.read(runId, stageId, call),
      'runs.log': ({ runId, lines = 500 }) => store.readLog(recorder.summary(runId).id, lines),
    }
  }

  private async start({ config, preset, note }: CallArgs<'runs.start'>): Promise<RunSummary> {
    const { store, recorder, log } = this.options
    const { config: resolved, issues } = this.options.resolve(config)
    const errors = issues.filter((issue) => issue.severity === 'error')
    const [first] = errors
    if (first) {
      throw new RefusedInputError(`The experiment cannot start: ${first.path} ${first.message}.`, {
        where: errors.map((issue) => issue.path).join(', '),
        action: 'Correct the marked values.',
      })
    }
    this.options.assertReady()
    const id = newRunId(new Date(), randomBytes(2).toString('hex'))
    await mkdir(store.runFolder(id), { recursive: true })
    store.runs.insert(newRun(id, resolved, preset ?? null, note ?? '', Date.now(), this.options.otherSettings))
    // The database holds the run: without its copy it trains all the same, and would else wait for ever.
    await store.mirror(id).catch((error: unknown) => log.error('A run could not be written beside its files.', error))
    recorder.tell(id)
    this.queue.add(id)
    return store.runs.summary(id)
  }

  private interrupt(runId: string, kind: 'pause' | 'stop'): RunSummary {
    const { store } = this.options
    const run = store.runs.summary(runId)
    if (this.queue.remove(runId)) return this.move(runId, kind === 'pause' ? 'paused' : 'stopped')
    if (this.driver?.runId === runId) {
      this.driver.driver.request(kind)
      return run
    }
    if (kind === 'stop' && run.state === 'paused') return this.move(runId, 'stopped')
    throw new UserError(`This run is ${run.state}; there is nothing to ${kind}.`, {
      wanted: 'a run that is running or waits',
      got: run.state,
    })
  }

  private resume(runId: string): RunSummary {
    const run = this.options.store.runs.summary(runId)
    if (run.deletedAt !== null) throw new UserError('This run is in the bin.', { action: 'Restore it first.' })
    if (!resumable.includes(run.state))
      throw new UserError(`This run is ${run.state}; there is nothing to resume.`, {
        wanted: resumable.join(', '),
        got: run.state,
      })
    this.options.assertReady()
    this.move(runId, 'queued')
    this.queue.add(runId)
    return this.options.store.runs.summary(runId)
  }

  private move(runId: string, state: RunState): RunSummary {
    this.options.store.runs.update(runId, { state, error: null })
    this.options.recorder.tell(runId)
    return this.options.store.runs.summary(runId)
  }

  private edit(runId: string, change: Partial<Pick<RunSummary, 'name' | 'note' | 'tags'>>): RunSummary {
    const { store, recorder } = this.options
    const run = store.runs.update(runId, change)
    recorder.tell(runId)
    void store.mirror(runId).catch(() => undefined)
    return run
  }

  private bin(runIds: readonly string[], deletedAt: number | null): string[] {
    const { store, recorder } = this.options
    const runs = runIds.map((id) => store.runs.summary(id))
    const busy = runs.find((run) => deletedAt !== null && (run.state === 'running' || run.state === 'queued'))
    if (busy)
      throw new UserError(`"${busy.name}" is ${busy.state}; it cannot be deleted now.`, {
        where: busy.id,
        action: 'Stop it first.',
      })
    for (const { id } of runs) {
      store.runs.update(id, { deletedAt })
      recorder.tell(id)
    }
    return runs.map((run) => run.id)
  }

  private async emptyBin(): Promise<{ freedBytes: number }> {
    const { store, hub } = this.options
    let freedBytes = 0
    for (const run of store.runs.list(true)) {
      if (run.deletedAt === null) continue
      freedBytes += await folderBytes(store.runFolder(run.id))
      await rm(store.runFolder(run.id), { recursive: true, force: true })
      store.runs.remove(run.id)
      hub.emit('run.removed', { runId: run.id })
    }
    return { freedBytes }
  }
}
