/**
 * The process that works on a task: it takes the folder, journals what the work reports, heeds requests, and ends with
 * an exit code that says how. The same on this machine and on a node.
 */
import { rmSync, utimesSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryName } from '../../../machine/temporaries.mjs'
import { poolBytesOf } from '../../../../shared/domain'
import { UserError, storageFaultBehind, toCauses } from '../../../../shared/errors'
import type { TrainerReport } from '../../protocol/messages'
import { journalFile, readTaskFile, taskFileMode } from '../../protocol/taskFiles'
import { taskExit, taskFiles, type StageJob, type TaskFile, type TaskReport } from '../../protocol/taskFolder'
import { syncFolder, takeTask, type Fence } from './fence'
import { createJournal, openJournalDisk, type Journal } from './journal'
import { createPictures, type Pictures } from './pictures'
import { requeueJob } from './requeue'
import { listenForRequests, type Requests } from './signals'

/** What the work on a task reports to, and what it is asked. */
export interface TaskDesk {
  /** @throws Error where what was reported cannot be kept */
  report(report: TrainerReport): void
  /** Read after every step: whether to go on. */
  request(): 'go' | 'pause' | 'stop'
  /** Resolves when all that was reported is on disk: before a file gets its name that others go on from. */
  settle(): Promise<void>
}

export type TaskWork = (job: StageJob, desk: TaskDesk) => Promise<EndReport>

type EndReport = Extract<TrainerReport, { type: 'finished' | 'failed' }>

const lookInterval = 500
const syncInterval = 1000
const beatInterval = 5000

/** Given back on a full disk, so that the journal's last line has room. */
const reserveBytes = 16_384

/** Ends the process. */
export async function runTask(folder: string, work: TaskWork): Promise<never> {
  // A scheduler starts processes with a mask of its own.
  process.umask(0o077)
  const job = readJob(folder)
  const task = new TaskProcess(folder, takeTask(folder), job)
  return task.run(work)
}

function readJob(folder: string): StageJob {
  const file = readTaskFile<TaskFile>(folder, taskFiles.task)
  if (file?.format === 1) return file.job
  throw new UserError('This folder holds no task.', {
    wanted: `${taskFiles.task} of format 1`,
    got: file === null ? 'no readable file' : `format ${String(file.format)}`,
    where: folder,
  })
}

class TaskProcess implements TaskDesk {
  private readonly journal: Journal
  private readonly pictures: Pictures
  private readonly requests: Requests
  private readonly reserve: string
  private readonly resumes: boolean
  /** The first progress of a resumed stage says from which step it goes on. */
  private begun = false

  constructor(
    private readonly folder: string,
    private readonly fence: Fence,
    private readonly job: StageJob,
  ) {
    const { attempt } = fence.attempt
    if (!fence.holds()) process.exit(taskExit.stopped)
    this.journal = createJournal(openJournalDisk(journalFile(folder, attempt)))
    syncFolder(join(folder, taskFiles.journal))
    this.pictures = createPictures(folder, () => this.assertHolds())
    this.reserve = join(folder, temporaryName('reserve'))
    this.resumes = fence.earlier > 0 || ('resume' in job && job.resume)
    this.journal.write({ type: 'attempt', resumes: this.resumes, ...fence.attempt })
    this.requests = listenForRequests(folder, attempt, (message) =>
      this.report({ type: 'log', level: 'info', message }),
    )
  }

  async run(work: TaskWork): Promise<never> {
    this.watch()
    for (const event of ['unhandledRejection', 'uncaughtException'] as const)
      process.on(event, (error: unknown) => void this.end(this.failure(error)))
    let last: EndReport
    try {
      writeFileSync(this.reserve, Buffer.alloc(reserveBytes), { mode: taskFileMode })
      last = await work('resume' in this.job ? { ...this.job, resume: this.resumes } : this.job, this)
      // What was said last may still fail to be kept.
      await this.journal.settle()
    } catch (error) {
      last = this.failure(error)
    }
    return this.end(last)
  }

  report(report: TrainerReport): void {
    const { journal, pictures } = this
    switch (report.type) {
      case 'images':
        return journal.writeAfter(() => pictures.images(report.images))
      case 'pool':
        return journal.writeAfter(() => pictures.pool(report.images, this.keepsPool))
      case 'pong':
        return
      case 'progress':
        if (!this.begun && this.resumes) this.forgetPicturesAfter(report.step, report)
        else journal.write(report)
        this.begun = true
        return
      default:
        journal.write(report)
    }
  }

  request(): 'go' | 'pause' | 'stop' {
    return this.requests.current()
  }

  async settle(): Promise<void> {
    await this.journal.settle()
    await this.assertHolds()
  }

  private get keepsPool(): boolean {
    return !('config' in this.job) || poolBytesOf(this.job.config.recording) > 0
  }

  /** Control forgets what it kept of these steps when it reads this report. */
  private forgetPicturesAfter(step: number, report: TaskReport): void {
    this.journal.writeAfter(async () => {
      await this.pictures.forgetAfter(step)
      return report
    })
  }

  private watch(): void {
    const heartbeat = join(this.folder, taskFiles.heartbeat)
    writeFileSync(heartbeat, '', { mode: taskFileMode })
    const every = (milliseconds: number, work: () => void): void => void setInterval(work, milliseconds).unref()
    every(lookInterval, () => {
      if (!this.fence.holds()) this.leave()
      this.requests.look()
    })
    // A failure is kept in the journal and comes out with the next report.
    every(syncInterval, () => void this.journal.settle().catch(() => undefined))
    every(beatInterval, () => {
      const now = new Date()
      try {
        utimesSync(heartbeat, now, now)
      } catch {
        // The folder is out of reach for a moment, or gone, which the fence tells.
      }
    })
    this.requests.look()
  }

  private async assertHolds(): Promise<void> {
    if (!(await this.fence.surelyHolds())) this.leave()
  }

  /** Another process works here: not a byte more. */
  private leave(): never {
    process.exit(taskExit.stopped)
  }

  private failure(error: unknown): EndReport {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error)
    try {
      // What a disk refuses with is told in our words; the system's own are for the output alone.
      if (storageFaultBehind(error)) process.stderr.write(`${message}\n`)
      else this.journal.write({ type: 'log', level: 'error', message })
    } catch {
      process.stderr.write(`${message}\n`)
    }
    return { type: 'failed', causes: toCauses(error) }
  }

  private async end(last: EndReport): Promise<never> {
    await this.assertHolds()
    if (last.type === 'finished' && last.outcome !== 'done') {
      await this.pictures.forgetAfter(last.step).catch(() => undefined)
    }
    const isTold = await this.journal.end(last, () => rmSync(this.reserve, { force: true }))
    if (!isTold) process.stderr.write('The end of this training could not be written into its journal.\n')
    // An end that nobody can read is none.
    const code = isTold ? exitCodeOf(last) : taskExit.failed
    if (code === taskExit.paused && this.requests.outOfTime) requeueJob(this.folder, this.fence.attempt)
    process.exit(code)
  }
}

const exitCodeOf = (last: EndReport): number => (last.type === 'failed' ? taskExit.failed : taskExit[last.outcome])
