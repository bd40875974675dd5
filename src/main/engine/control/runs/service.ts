/** The calls about runs: start, pause, stop and resume here; records and the bin in files of their own. */
import { randomBytes } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import type { CallArgs } from '../../../../shared/contract'
import type { PartialExperimentConfig, RunState, RunSummary } from '../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../shared/errors'
import { createRunQueue, type RunQueue } from './queue'
import type { RunStore } from '../store'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'
import type { OtherSettings } from '../experiments/otherSettings'
import type { Resolution } from '../experiments/resolve'
import type { MemberTable } from '../experiments/memberTable'
import { driveRun, type RunDriver } from './driver'
import { binCalls } from './bin'
import type { RunRecorder } from './recorder'
import { recordCalls } from './records'
import { recoverRuns } from './recovery'
import { newRun, newRunId } from './newRun'
import type { Executor } from '../executors/executor'
import type { RunCalls } from './types'

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
  if (!options.readOnly) recoverRuns(options.store)
  const scheduler = new RunScheduler(options)
  return {
    calls: { ...scheduler.calls(), ...recordCalls(options), ...binCalls(options) },
    get active() {
      return scheduler.queue.current !== null
    },
    close: () => scheduler.close(),
  }
}

/** What trains, what waits, and what interrupts it. */
class RunScheduler {
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

  async close(): Promise<void> {
    for (const runId of this.queue.waiting()) {
      this.queue.remove(runId)
      this.move(runId, 'paused')
    }
    this.driver?.driver.request('pause')
    await this.queue.close()
  }

  calls(): Pick<RunCalls, 'runs.start' | 'runs.pause' | 'runs.stop' | 'runs.resume'> {
    return {
      'runs.start': (args) => this.start(args),
      'runs.pause': ({ runId }) => this.interrupt(runId, 'pause'),
      'runs.stop': ({ runId }) => this.interrupt(runId, 'stop'),
      'runs.resume': ({ runId }) => this.resume(runId),
    }
  }

  private async start({ config, preset, note }: CallArgs<'runs.start'>): Promise<RunSummary> {
    const { store, recorder, log, otherSettings } = this.options
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
    store.runs.insert(newRun({ id, config: resolved, createdAt: Date.now(), preset, note, otherSettings }))
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
}
