/**
 * One task under Slurm, from being handed over to its end. Its journal is the truth: Slurm is asked only where the task
 * runs, why it waits, and how it ended when it could not say so itself.
 */
import {
  taskExit,
  taskFiles,
  type AttemptFile,
  type JournalPosition,
  type TaskReport,
} from '../../../protocol/taskFolder'
import { readTaskFile } from '../../../protocol/taskFiles'
import type { RunningTask, StageTask, TaskEnd, TaskListener, TaskWhere } from '../executor'
import { followJournal, readJournal, type FollowFrom, type Follower } from '../journal/follower'
import { writeRequest } from '../journal/requests'
import { watchTask } from '../journal/taskWatch'
import type { Watch } from '../journal/watch'
import { phaseOf, type QueueRow } from './queue'

/**
 * held: waits here, no job yet. unsure: it is not known whether Slurm took its job. sent: it has a job. ended: told.
 */
export type SendingState = 'held' | 'unsure' | 'sent' | 'ended'

/** What a task asks of the executor. */
export interface TaskOwner {
  /** Milliseconds between two looks at a journal. */
  readonly interval: number
  /** Milliseconds that a node gets to end an attempt before the next may begin. */
  readonly settle: number
  cancel(job: string): void
  /** Its job was requeued and would wait for a time to come. */
  beginNow(job: string): void
  /** Its job is over, or unknown (null), and its journal has no end. */
  conclude(task: SlurmTask, row: QueueRow | null): void
  /** Something changed of which Slurm knows more. */
  askSoon(): void
  ended(task: SlurmTask, end: TaskEnd | null): void
}

export interface Sent {
  readonly submission: string
  readonly index: number
}

/** Polls that must agree that a job is unknown: one may have been answered before the job was sent. */
const missesUntilLost = 2

export class SlurmTask implements RunningTask {
  state: SendingState = 'held'
  job: string | null = null
  sentAs: Sent | null = null
  row: QueueRow | null = null
  asked: 'pause' | 'stop' | 'kill' | null = null
  attempt: AttemptFile | null = null
  /** The last attempt paused with a checkpoint: for a request, a time limit, a preemption. */
  paused = false
  misses = 0
  readonly handedOver = performance.now()
  private gpu: string | undefined
  private follower: Follower | null = null
  /** When its job was first seen to wait for a time to come. */
  private requeuedAt: number | null = null
  private told = ''
  private withheld: (() => void) | null = null
  private silence: Watch | null = null

  constructor(
    readonly task: StageTask,
    /** The newest attempt when it was handed over. */
    readonly after: string,
    private readonly listener: TaskListener,
    private readonly owner: TaskOwner,
  ) {}

  get live(): boolean {
    return this.state !== 'ended'
  }

  /** Tells what the journal holds now. */
  async read(from: FollowFrom): Promise<void> {
    this.follower = await readJournal({ folder: this.task.folder, from, onReport: this.hear })
    if (this.live) this.follow(this.follower.at ?? from)
  }

  follow(from: FollowFrom): void {
    this.follower?.stop()
    const { folder } = this.task
    this.follower = followJournal({ folder, from, interval: this.owner.interval, onReport: this.hear })
  }

  /** Everything is told that its process wrote, which has ended. */
  async finish(): Promise<void> {
    const at = this.follower?.at ?? { after: this.after }
    await this.follower?.finish()
    if (this.live) this.follow(this.follower?.at ?? at)
  }

  hold(reason: string): void {
    this.state = 'held'
    this.job = this.row = this.sentAs = null
    this.tell({ state: 'waiting', reason })
  }

  sent(job: string, sentAs: Sent): void {
    this.state = 'sent'
    this.job = job
    this.sentAs = sentAs
    this.misses = 0
    if (this.attempt === null) this.tell({ state: 'waiting', job })
    // Asked while it was being sent.
    if (this.asked === 'kill') this.owner.cancel(job)
    else if (this.asked !== null) this.owner.askSoon()
  }

  request(kind: 'pause' | 'stop'): void {
    if (!this.live) return
    this.asked = kind
    if (this.state === 'held') return this.end(endAsAsked(kind))
    writeRequest(this.task.folder, kind)
    if (this.paused) this.endPaused(kind)
    else this.owner.askSoon()
  }

  kill(): void {
    if (!this.live) return
    this.asked = 'kill'
    if (this.state === 'held') return this.end({ killedBy: 'CANCELLED', exitCode: null, lastWords: '' })
    if (this.job !== null) this.owner.cancel(this.job)
    this.owner.askSoon()
  }

  leave(): void {
    if (!this.live) return
    this.state = 'ended'
    this.follower?.stop()
    this.silence?.stop()
    this.owner.ended(this, null)
  }

  /** What Slurm says now; null: it knows no such job. */
  see(row: QueueRow | null): void {
    if (this.state !== 'sent') return
    this.misses = row === null ? this.misses + 1 : 0
    if (row === null) {
      if (this.misses >= missesUntilLost) this.owner.conclude(this, null)
      return
    }
    this.row = row
    switch (phaseOf(row)) {
      case 'ended':
        return this.owner.conclude(this, row)
      case 'running':
        return this.tellRunning()
      case 'waiting':
        this.silence?.stop()
        // One that begins at this moment writes a checkpoint, as it was asked to.
        if (this.asked !== null) this.owner.cancel(row.job)
        else this.beginSoon(row)
        return this.tell({ state: 'waiting', job: row.job, ...(row.reason ? { reason: row.reason } : {}) })
    }
  }

  /**
   * A requeued job would wait two minutes. It may not begin while its last node still ends the last attempt: that node
   * then refuses it, and the job fails.
   */
  private beginSoon({ job, reason }: QueueRow): void {
    if (reason !== 'BeginTime' || this.attempt === null) {
      this.requeuedAt = null
      return
    }
    this.requeuedAt ??= performance.now()
    if (performance.now() - this.requeuedAt >= this.owner.settle) this.owner.beginNow(job)
  }

  end(end: TaskEnd): void {
    if (!this.live) return
    if (end.killedBy === null) this.withheld?.()
    this.state = 'ended'
    this.follower?.stop()
    this.silence?.stop()
    this.owner.ended(this, end)
    this.listener.onEnd(end)
  }

  /** Takes up what an earlier engine heard already: the last line of the newest attempt. */
  remember(last: TaskReport | null): void {
    this.attempt ??= readTaskFile<AttemptFile>(this.task.folder, taskFiles.attempt)
    if (this.attempt !== null && this.attempt.attempt <= this.after) this.attempt = null
    if (last !== null) this.takeEnd(last)
  }

  private readonly hear = (report: TaskReport, at: JournalPosition): void => {
    if (!this.live) return
    // For a time limit or a preemption it is no end: the next attempt takes it back.
    if (report.type === 'finished' && report.outcome === 'paused')
      this.withheld = () => this.listener.onReport(report, at)
    else this.listener.onReport(report, at)
    switch (report.type) {
      case 'attempt':
        this.attempt = report
        this.paused = false
        this.withheld = null
        this.watch()
        return this.tellRunning()
      case 'ready':
        this.gpu = report.device.kind === 'gpu' ? report.device.title : undefined
        return this.tellRunning()
      default:
        this.takeEnd(report)
    }
  }

  /** Tells silence, and ends nothing for it: Slurm's time limit does. */
  private watch(): void {
    this.silence?.stop()
    const { folder } = this.task
    const at = (): Follower['at'] => this.follower?.at ?? null
    this.silence = watchTask(
      folder,
      {
        get at() {
          return at()
        },
      },
      { onSilent: () => this.listener.onSilent(), onLost: () => undefined },
    )
  }

  private takeEnd(report: TaskReport): void {
    if (report.type === 'failed') return this.end({ killedBy: null, exitCode: taskExit.failed, lastWords: '' })
    if (report.type !== 'finished') return
    switch (report.outcome) {
      case 'done':
        return this.end({ killedBy: null, exitCode: taskExit.done, lastWords: '' })
      case 'stopped':
        return this.end(endAsAsked('stop'))
      case 'paused':
        return this.takePause()
    }
  }

  /** Asked for, or for a time limit, a preemption, a rung of a search: then Slurm knows whether the job goes on. */
  private takePause(): void {
    this.paused = true
    this.silence?.stop()
    if (this.asked !== 'pause' && this.asked !== 'stop') return this.owner.askSoon()
    this.endPaused(this.asked)
  }

  /** The time limit may have come first, and the job stand in the queue again; its last attempt has ended. */
  private endPaused(kind: 'pause' | 'stop'): void {
    if (this.job !== null) this.owner.cancel(this.job)
    this.end(endAsAsked(kind))
  }

  private tellRunning(): void {
    if (this.paused) return
    const node = this.row?.node || this.attempt?.host
    this.tell({
      state: 'running',
      ...(this.job === null ? {} : { job: this.job }),
      ...(node === undefined ? {} : { node }),
      ...(this.gpu === undefined ? {} : { gpu: this.gpu }),
    })
  }

  private tell(where: TaskWhere): void {
    const text = JSON.stringify(where)
    if (!this.live || text === this.told) return
    this.told = text
    this.listener.onWhere(where)
  }
}

export const endAsAsked = (kind: 'pause' | 'stop'): TaskEnd => ({
  killedBy: null,
  exitCode: kind === 'pause' ? taskExit.paused : taskExit.stopped,
  lastWords: '',
})
