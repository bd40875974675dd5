/** Takes a run through its stages, one trainer after another, and writes its state. */
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { ExperimentConfig, StageRecord } from '../../../../shared/domain'
import type { StageJob } from '../../protocol/taskFolder'
import { copyNamedFiles, copyTeacherFile, importedTeacherFile, withCopiedFiles } from './copiedFiles'
import type { MemberTable } from '../experiments/memberTable'
import type { RunRecorder } from './recorder'
import { superviseStage, type RunningStage } from './stageSupervisor'
import { endOf, endedBy } from './stageEnd'
import { jobOf } from './jobs'
import type { Executor, StageTask } from '../executors/executor'

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
        if (this.requested) return recorder.ended(this.runId, endedBy(this.requested))
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
    const { recorder, executor } = this.options
    const job = await this.prepareJob(stage, config)
    recorder.updateStage(this.runId, stage.id, { state: 'running' })
    const started = Date.now()
    this.current = superviseStage({
      context: recorder.contextOf(this.runId, config, executor),
      stage,
      job,
      task: this.taskOf(stage, config),
    })
    // A request that came while the stage was being made has not reached it.
    if (this.requested) this.current.request(this.requested)
    const outcome = await this.current.outcome
    this.current = null
    recorder.flushMetrics()
    const { seconds } = recorder.stage(this.runId, stage.id)
    const { change, run } = endOf({
      outcome,
      title: stage.title,
      requested: this.requested,
      seconds: seconds || (Date.now() - started) / 1000,
    })
    recorder.updateStage(this.runId, stage.id, change)
    if (run) recorder.ended(this.runId, run.state, run.causes)
    return run === null
  }

  private taskOf(stage: StageRecord, config: ExperimentConfig): StageTask {
    const { recorder, threads } = this.options
    const { execution } = config
    return {
      place: `runs/${this.runId}/${stage.id}`,
      folder: join(recorder.runFolder(this.runId), stage.id),
      title: `${recorder.summary(this.runId).name}: ${stage.title}`,
      needs: { threads: execution.threads || threads, device: execution.device },
      after: [],
    }
  }

  /** The stage's folder with the files that it reads, and what its trainer is asked to do. */
  private async prepareJob(stage: StageRecord, config: ExperimentConfig): Promise<StageJob> {
    const { recorder, table, cacheFolder, threads } = this.options
    const runFolder = recorder.runFolder(this.runId)
    await mkdir(join(runFolder, stage.id), { recursive: true })
    if (stage.kind === 'teacher' && config.teacher.source === 'file')
      await copyTeacherFile(config.teacher.file, importedTeacherFile(runFolder, config))
    // The data stage checks what it finds; every later stage takes what was checked, however often the run is resumed.
    await copyNamedFiles(config, table, runFolder, { anew: stage.kind === 'data' })
    return jobOf(stage, {
      run: recorder.summary(this.runId),
      config: withCopiedFiles(config, table, runFolder),
      runFolder,
      cacheFolder,
      threads,
    })
  }
}
