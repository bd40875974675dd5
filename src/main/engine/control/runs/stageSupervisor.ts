/** Starts a stage where stages run, or takes it up, and watches over it to its end, whatever that is. */
import { mkdirSync } from 'node:fs'
import { stalledAt } from '../../../../shared/domain'
import { StorageError, fromCauses, untoldStorageFault } from '../../../../shared/errors'
import { remedied } from '../../../../shared/storageFaults'
import { writeTaskFile } from '../../protocol/taskFiles'
import {
  taskFiles,
  type JournalPosition,
  type StageJob,
  type TaskFile,
  type TaskReport,
} from '../../protocol/taskFolder'
import type { Executor, RunningTask, StageTask, TaskEnd, TaskListener, TaskWhere } from '../executors/executor'
import { readJournal } from '../executors/journal/follower'
import { trainerWatch } from '../executors/journal/watch'
import { keptPosition } from './keptPosition'
import { createStageReports, type StageReports } from './stageReports'
import type { StageContext, StageOutcome } from './types'

export interface RunningStage {
  readonly title: string
  readonly outcome: Promise<StageOutcome>
  /** Acts after the current step with a checkpoint, or goes back to the last one where a step takes long. */
  request(kind: 'pause' | 'stop'): void
  /** Ends the trainer at once; the stage has failed for this reason. */
  fail(error: unknown): void
  /** Ends the trainer at once; what came after the last checkpoint is lost. */
  kill(): void
  /** Lets the trainer run on; the outcome stays open, for the next control. */
  leave(): void
}

export interface SupervisedStage {
  readonly context: StageContext
  readonly executor: Executor
  readonly task: StageTask
  /** What is to be done; null: an earlier control has started it, and it is taken up, running or ended. */
  readonly job: StageJob | null
}

export function superviseStage(supervised: SupervisedStage): RunningStage {
  const supervisor = new StageSupervisor(supervised)
  void supervisor.begin()
  return supervisor
}

class StageSupervisor implements RunningStage, TaskListener {
  readonly title: string
  readonly outcome: Promise<StageOutcome>
  private settle: (outcome: StageOutcome) => void = () => undefined
  /** The first that is known stays: what a dying trainer says after it counts no more. */
  private result: StageOutcome | null = null
  private readonly reports: StageReports
  private running: RunningTask | null = null
  private silent = false
  /** The store has not taken a report: those after it come again with it, from the journal. */
  private unwritten = false
  /** What came before the task was there. */
  private early: 'pause' | 'stop' | 'kill' | 'leave' | null = null

  constructor(private readonly supervised: SupervisedStage) {
    const { context, task } = supervised
    this.title = context.title
    this.outcome = new Promise((resolve) => {
      this.settle = resolve
    })
    mkdirSync(task.folder, { recursive: true })
    this.reports = createStageReports({ context, folder: task.folder, onFault: (error) => this.fail(error) })
  }

  private get kept(): JournalPosition | null {
    const { context, task } = this.supervised
    return keptPosition({ positions: context.positions, place: context.place, folder: task.folder })
  }

  async begin(): Promise<void> {
    const { executor, task, job } = this.supervised
    try {
      if (job) await this.start(job)
      else this.running = executor.attach(task, this.kept, this)
    } catch (error) {
      this.fail(error)
      return this.end({ killedBy: null, exitCode: null, lastWords: '' })
    }
    if (this.early === 'kill') this.running?.kill()
    else if (this.early === 'leave') this.running?.leave()
    else if (this.early) this.running?.request(this.early)
  }

  /** What earlier attempts have said and no control has kept comes before what this one says. */
  private async start(job: StageJob): Promise<void> {
    const { executor, task } = this.supervised
    await readJournal({
      folder: task.folder,
      from: this.kept,
      onReport: (report, at) => void this.reports.write(report, at),
    })
    writeTaskFile(task.folder, taskFiles.task, { format: 1, job } satisfies TaskFile)
    this.running = executor.start(task, this)
  }

  onReport(report: TaskReport, at: JournalPosition): void {
    const { context } = this.supervised
    this.speaks()
    if (this.unwritten) return
    try {
      const told = this.reports.write(report, at)
      if (told)
        this.result ??=
          told.type === 'failed'
            ? { type: 'failed', causes: context.causesOf(forStage(fromCauses(told.causes))) }
            : told
    } catch (error) {
      // A store that cannot be written ends the stage, not the engine.
      this.unwritten = true
      this.fail(error)
    }
  }

  onWhere(where: TaskWhere): void {
    this.supervised.context.update({ where })
  }

  onSilent(): void {
    const { context } = this.supervised
    this.silent = true
    context.observe('stalled', stalledAt(context.position().step, trainerWatch.silentAfter / 60_000))
    context.notice('warning', 'The trainer has not answered for two minutes.', [])
  }

  private speaks(): void {
    if (!this.silent) return
    this.silent = false
    this.supervised.context.observe('stalled', null)
  }

  onEnd(end: TaskEnd): void {
    void this.end(end)
  }

  request(kind: 'pause' | 'stop'): void {
    if (this.running) this.running.request(kind)
    else this.early = kind
  }

  kill(): void {
    if (this.running) this.running.kill()
    else this.early = 'kill'
  }

  /** Also after the process has said that it is done: what it reported is not kept, and comes again when it resumes. */
  fail(error: unknown): void {
    const { context } = this.supervised
    if (this.result?.type !== 'failed') this.result = { type: 'failed', causes: context.causesOf(forStage(error)) }
    this.kill()
  }

  leave(): void {
    if (this.running) this.running.leave()
    else this.early = 'leave'
  }

  private async end({ killedBy, exitCode, lastWords, causes }: TaskEnd): Promise<void> {
    const { context } = this.supervised
    await this.reports.written(this.result?.type)
    this.speaks()
    if (this.result === null && lastWords.trim() !== '')
      context.log('error', `${this.title}: last words of the trainer: ${lastWords.trim().slice(-1500)}`)
    this.settle(
      this.result ?? {
        type: 'crashed',
        reason: killedBy ? `ended by ${killedBy}` : `exit code ${exitCode ?? 'unknown'}`,
        ...(causes ? { causes: [...causes] } : {}),
      },
    )
  }
}

/** A disk that refused, whichever process met it: what to do then is to go on with the run. */
function forStage(error: unknown): unknown {
  const fault = untoldStorageFault(error)
  if (!fault) return error
  const action = remedied(fault.kind, 'resume the run; its last checkpoint is intact.')
  return new StorageError(fault.message, fault.kind, { where: fault.where, action, cause: error })
}
