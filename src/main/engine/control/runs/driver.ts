/** Takes a run through its stages, one trainer after another, and writes its state. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExperimentConfig, RunState, RunSummary, StageRecord } from '../../../../shared/domain'
import { ExhaustiveError, UserError, toCauses, type ErrorCause } from '../../../../shared/errors'
import { copyNamedFiles, copyTeacherFile, importedTeacherFile, withCopiedFiles } from './copiedFiles'
import type { MemberTable } from '../experiments/memberTable'
import type { RunRecorder } from './recorder'
import { superviseStage, type RunningStage } from './stageSupervisor'
import type { StageOutcome } from './types'
import { jobOf } from './jobs'
import type { Executor } from '../executors/executor'

export interface RunDriver {
  /** Resolves when the run has ended, for whatever reason; never rejects. */
  readonly done: Promise<void>
  /**
   * After the current step with a checkpoint, or back to the last one where a step takes long; a second stop ends the
   * trainer at once.
   */
  request(kind: 'pause' | 'stop'): void
  /** Ends the run as failed: what it finds can no longer be kept. */
  fail(error: unknown): void
}

export interface DriverOptions {
  recorder: RunRecorder
  /** The declarations that tell which parameters name files. */
  table: MemberTable
  executor: Executor
  cacheFolder: string
  threads: number
}

export function driveRun(runId: string, options: DriverOptions): RunDriver {
  const driver = new Driver(runId, options)
  return { done: driver.run(), request: (kind) => driver.request(kind), fail: (error) => driver.fail(error) }
}

class Driver {
  private requested: 'pause' | 'stop' | null = null
  private current: RunningStage | null = null

  constructor(
    private readonly runId: string,
    private readonly options: DriverOptions,
  ) {}

  request(kind: 'pause' | 'stop'): void {
    if (this.requested === 'stop' && kind === 'stop') {
      this.current?.kill()
      return
    }
    this.requested = kind
    this.current?.request(kind)
  }

  fail(error: unknown): void {
    this.current?.fail(error)
  }

  async run(): Promise<void> {
    const { recorder } = this.options
    try {
      recorder.started(this.runId)
      const config = recorder.config(this.runId)
      for (;;) {
        const stage = recorder.summary(this.runId).stages.find((entry) => entry.state !== 'done')
        if (!stage) return recorder.ended(this.runId, 'done')
        if (this.requested) return recorder.ended(this.runId, this.requested === 'pause' ? 'paused' : 'stopped')
        if (!(await this.runOne(stage, config))) return
      }
    } catch (error) {
      recorder.ended(this.runId, 'failed', recorder.causesOf(error))
    } finally {
      await recorder.settle(this.runId)
    }
  }

  /** True when the next stage may begin. */
  private async runOne(stage: StageRecord, config: ExperimentConfig): Promise<boolean> {
    const { recorder, table, executor, cacheFolder, threads } = this.options
    const run: RunSummary = recorder.summary(this.runId)
    const runFolder = recorder.runFolder(this.runId)
    await mkdir(join(runFolder, stage.id), { recursive: true })
    if (stage.kind === 'teacher' && config.teacher.source === 'file')
      await copyTeacherFile(config.teacher.file, importedTeacherFile(runFolder, config))
    // The data stage checks what it finds; every later stage takes what was checked, however often the run is resumed.
    await copyNamedFiles(config, table, runFolder, { anew: stage.kind === 'data' })
    const job = jobOf(stage, {
      run,
      config: withCopiedFiles(config, table, runFolder),
      runFolder,
      cacheFolder,
      threads,
    })
    recorder.updateStage(this.runId, stage.id, { state: 'running' })
    const started = Date.now()
    this.current = superviseStage(recorder.contextOf(this.runId, config, executor), stage, job)
    // A request that came while the stage was being made has not reached it.
    if (this.requested) this.current.request(this.requested)
    const outcome = await this.current.outcome
    this.current = null
    recorder.flushMetrics()
    return this.conclude(stage, outcome, (Date.now() - started) / 1000)
  }

  private conclude(stage: StageRecord, outcome: StageOutcome, elapsed: number): boolean {
    const { recorder } = this.options
    const end = (
      state: Exclude<RunState, 'queued' | 'running' | 'done'>,
      causes: ErrorCause[] | null = null,
    ): false => {
      recorder.updateStage(this.runId, stage.id, { state, secondsLeft: null, activity: undefined })
      recorder.ended(this.runId, state, causes)
      return false
    }
    switch (outcome.type) {
      case 'done': {
        const { seconds } = recorder.stage(this.runId, stage.id)
        recorder.updateStage(this.runId, stage.id, {
          state: 'done',
          activity: undefined,
          secondsLeft: 0,
          seconds: seconds || elapsed,
          evaluation: outcome.evaluation,
          weights: outcome.weights,
        })
        return true
      }
      case 'paused':
      case 'stopped':
        recorder.updateStage(this.runId, stage.id, {
          weights: outcome.weights,
          ...(outcome.evaluation ? { evaluation: outcome.evaluation } : {}),
        })
        return end(outcome.type)
      case 'failed':
        return end('failed', outcome.causes)
      case 'crashed':
        if (this.requested) return end(this.requested === 'pause' ? 'paused' : 'stopped')
        return end(
          'interrupted',
          toCauses(
            new UserError('The training process ended unexpectedly.', {
              got: outcome.reason,
              where: stage.title,
              action:
                'Resume the run: it goes on at its last checkpoint. If it ends again, look into the log; too little memory is a common reason.',
            }),
          ),
        )
      default:
        throw new ExhaustiveError(outcome)
    }
  }
}
