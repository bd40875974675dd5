/**
 * Tasks as jobs of a Slurm cluster. Slurm keeps the queue: tasks that are handed over together become arrays, students
 * wait for their teacher by a dependency, so that the cluster works on while this engine sleeps. Works without
 * accounting (sacct).
 */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SlurmSettings } from './settings'
import { toCauses } from '../../../../../shared/errors'
import { listAttempts, readTaskFile } from '../../../protocol/taskFiles'
import { taskExit, taskFiles, type AgainFile } from '../../../protocol/taskFolder'
import type { Executor, StageTask, TaskEnd } from '../executor'
import { clearRequest } from '../journal/requests'
import { createSlurmCommands, SlurmRefusal, type SlurmCommands } from './commands'
import { endOf, endOfPaused, endOfUnknown, endOfWaiting, lastReportOf, lastWordsOf, neverSatisfied } from './ends'
import { commentOf, readJobFile, submissionFolder, writeJobFile } from './jobFile'
import { arrayOf, phaseOf, type QueueRow } from './queue'
import { outputName, type ScriptPlaces } from './script'
import { Sender, type Before } from './sender'
import { endAsAsked, SlurmTask, type TaskOwner } from './task'
import { createThrottles, type Throttles } from './throttles'

export interface SlurmExecutorOptions {
  /** Absolute, and seen by the nodes under the same path. */
  readonly workspace: string
  readonly places: ScriptPlaces
  /** Read before each use. */
  settings(): SlurmSettings
  /** Told once until it is over: Slurm does not answer, its queue is full. */
  notice(refusal: SlurmRefusal): void
  readonly commands?: SlurmCommands
  /** Milliseconds. */
  readonly intervals?: Partial<Intervals>
}

interface Intervals {
  /** Between two looks at a journal over the network. */
  readonly journal: number
  /** Between two questions to Slurm; the settings' unless given. */
  readonly poll: number
  /** Until Slurm is asked where something changed. */
  readonly soon: number
  /** For a node to end an attempt before the next may begin. */
  readonly settle: number
  /** For tasks to come that go out with the first one. */
  readonly gather: number
  /** For a journal's last lines to arrive after Slurm says that a job is over. */
  readonly grace: number
}

export function createSlurmExecutor(options: SlurmExecutorOptions): Executor {
  const executor = new SlurmExecutor(options)
  return {
    id: 'slurm',
    slots: () => Infinity,
    // What was being sent when control ended is found by the jobs' comments.
    hasTask: () => true,
    device: () => (options.settings().gpu === 'none' ? 'cpu' : 'gpu'),
    start: (task, listener) => executor.start(task, listener),
    attach: (task, from, listener) => executor.attach(task, from, listener),
  }
}

/** Milliseconds. */
const cancelGathers = 50

/** An array that was cancelled before any of it began is one job to Slurm. */
function wholeArray(byJob: ReadonlyMap<string, QueueRow>, job: string): QueueRow | null {
  const row = byJob.get(arrayOf(job) ?? '')
  return row && phaseOf(row) === 'ended' ? row : null
}

class SlurmExecutor implements TaskOwner {
  private readonly tasks = new Map<string, SlurmTask>()
  /** What became of stages that are followed no more; null: done. */
  private readonly past = new Map<string, string | null>()
  private readonly concluding = new Set<SlurmTask>()
  private readonly toCancel = new Set<string>()
  private readonly commands: SlurmCommands
  private readonly sender: Sender
  private readonly throttles: Throttles
  private readonly intervals: Omit<Intervals, 'poll'>
  private timer: NodeJS.Timeout | null = null
  private timerAt = Infinity
  private sending: Promise<void> | null = null
  private sendAgain = false
  private polling = false
  /** The kind of trouble that was told and is not over. */
  private toldTrouble: string | null = null

  constructor(private readonly options: SlurmExecutorOptions) {
    this.intervals = { journal: 500, soon: 1000, grace: 3000, gather: 500, settle: 5000, ...options.intervals }
    this.commands = options.commands ?? createSlurmCommands()
    this.throttles = createThrottles((array, limit) => this.commands.throttle(array, limit))
    this.sender = new Sender({
      workspace: options.workspace,
      places: options.places,
      commands: this.commands,
      patience: 20 * this.intervals.gather,
      settings: () => options.settings(),
      before: (place) => this.before(place),
      inQueue: () => this.live().filter(({ state }) => state !== 'held').length,
      onArray: (array, limit) => this.throttles.sent(array, limit),
      onRefused: (task, refusal) =>
        task.end({ killedBy: 'sbatch', exitCode: null, lastWords: refusal.got ?? '', causes: toCauses(refusal) }),
      onNeverSatisfied: (task, why) => task.end(endOfWaiting(why)),
      notice: (refusal) => this.tellTrouble(refusal),
    })
  }

  get interval(): number {
    return this.intervals.journal
  }

  get settle(): number {
    return this.intervals.settle
  }

  start(task: StageTask, listener: ConstructorParameters<typeof SlurmTask>[2]): SlurmTask {
    clearRequest(task.folder)
    const after = listAttempts(task.folder).at(-1) ?? ''
    writeJobFile(task, { after, sent: null })
    const running = this.keep(new SlurmTask(task, after, listener, this))
    running.follow({ after })
    this.sendSoon()
    return running
  }

  attach(
    task: StageTask,
    from: Parameters<Executor['attach']>[1],
    listener: ConstructorParameters<typeof SlurmTask>[2],
  ): SlurmTask {
    const file = readJobFile(task.folder)
    const after = file?.after ?? ''
    const running = this.keep(new SlurmTask({ ...task, ...file?.task }, after, listener, this))
    running.state = 'unsure'
    void running.read(from !== null && from.attempt > after ? from : { after }).then(() => {
      if (running.live) running.remember(lastReportOf(task.folder, after))
      if (!running.live) return
      const sent = file?.sent ?? null
      if (sent === null) running.hold('taken up again')
      else if (sent.job === null) running.sentAs = sent
      else running.sent(sent.job, sent)
      if (sent === null) this.sendSoon()
      this.askSoon()
    })
    return running
  }

  /** Those that come together go together: a study has many. */
  cancel(job: string): void {
    this.toCancel.add(job)
    if (this.toCancel.size > 1) return
    setTimeout(() => {
      const jobs = [...this.toCancel]
      this.toCancel.clear()
      void this.commands.cancel(jobs).catch((error: unknown) => this.tellTrouble(error))
    }, cancelGathers)
  }

  beginNow(job: string): void {
    // Where the cluster does not allow it, it begins two minutes later by itself.
    void this.commands.beginNow(job).catch(() => undefined)
  }

  conclude(task: SlurmTask, row: QueueRow | null): void {
    if (this.concluding.has(task)) return
    this.concluding.add(task)
    void this.concludeAfterGrace(task, row)
      .catch((error: unknown) => this.tellTrouble(error))
      .finally(() => this.concluding.delete(task))
  }

  askSoon(): void {
    this.schedule(this.intervals.soon)
  }

  ended(task: SlurmTask, end: TaskEnd | null): void {
    const { place, title } = task.task
    if (this.tasks.get(place) === task) this.tasks.delete(place)
    if (end === null) return
    this.past.set(place, end.exitCode === taskExit.done ? null : `${title} (${place}) did not get done`)
    if (end.exitCode === taskExit.done) this.removeOutput(task)
    this.sender.roomAgain()
    if (this.live().some(({ state }) => state === 'held')) this.sendSoon()
  }

  private keep(task: SlurmTask): SlurmTask {
    this.past.delete(task.task.place)
    this.tasks.set(task.task.place, task)
    return task
  }

  private live(): SlurmTask[] {
    return [...this.tasks.values()].filter((task) => task.live)
  }

  private before(place: string): Before {
    const task = this.tasks.get(place)
    if (task?.live)
      return task.state === 'sent' && task.job !== null ? { state: 'job', job: task.job } : { state: 'open' }
    const past = this.past.get(place)
    if (past !== undefined) return past === null ? { state: 'done' } : { state: 'failed', why: past }
    // Not handed over yet, or done when an earlier engine looked.
    const folder = join(this.options.workspace, place)
    const last = lastReportOf(folder, readJobFile(folder)?.after ?? '')
    return last?.type === 'finished' && last.outcome === 'done' ? { state: 'done' } : { state: 'open' }
  }

  /** What is handed over together goes out together: files are read and written before each of them. */
  private sendSoon(): void {
    if (this.sending) {
      this.sendAgain = true
      return
    }
    this.sending = this.gather()
      .then(() => this.sender.send(this.live()))
      .catch((error: unknown) => this.tellTrouble(error))
      .finally(() => {
        this.sending = null
        this.schedule(this.intervals.soon)
        if (!this.sendAgain) return
        this.sendAgain = false
        this.sendSoon()
      })
  }

  /** Until no more tasks come, or the first ones have waited long enough. */
  private async gather(): Promise<void> {
    for (let looks = 0, known = -1; looks < 10 && known !== this.tasks.size; looks++) {
      known = this.tasks.size
      await new Promise((resolve) => setTimeout(resolve, this.intervals.gather))
    }
  }

  private schedule(delay: number): void {
    const at = performance.now() + delay
    if (at >= this.timerAt || this.tasks.size === 0) return
    if (this.timer) clearTimeout(this.timer)
    this.timerAt = at
    this.timer = setTimeout(() => {
      this.timer = null
      this.timerAt = Infinity
      void this.poll()
    }, delay)
    // Nobody waits for a cluster to end an engine.
    this.timer.unref()
  }

  private async poll(): Promise<void> {
    if (this.polling) return this.schedule(this.intervals.soon)
    this.polling = true
    try {
      const asked = this.live().filter(({ state }) => state === 'sent' || state === 'unsure')
      if (asked.length > 0) {
        const rows = await this.commands.queue()
        this.toldTrouble = null
        this.tellTasks(asked, rows)
        await this.throttles.keep(this.live(), this.options.settings().concurrency)
      }
      if (this.live().some(({ state }) => state === 'held')) this.sendSoon()
    } catch (error) {
      this.tellTrouble(error)
    } finally {
      this.polling = false
      this.schedule(this.options.intervals?.poll ?? this.options.settings().pollSeconds * 1000)
    }
  }

  private tellTasks(asked: readonly SlurmTask[], rows: readonly QueueRow[]): void {
    const byJob = new Map(rows.map((row) => [row.job, row]))
    const byComment = new Map<string, QueueRow[]>()
    for (const row of rows)
      if (row.comment !== '') byComment.set(row.comment, [...(byComment.get(row.comment) ?? []), row])
    for (const task of asked) {
      if (task.state === 'unsure') this.findJob(task, byComment)
      else if (task.job !== null) task.see(byJob.get(task.job) ?? wholeArray(byJob, task.job))
    }
  }

  /** Slurm took its submission, or it goes out again. */
  private findJob(task: SlurmTask, byComment: ReadonlyMap<string, readonly QueueRow[]>): void {
    const { sentAs } = task
    // Being sent or being read at the moment.
    if (sentAs === null || this.sending) return
    const rows = byComment.get(commentOf(sentAs.submission)) ?? []
    const row = rows.find(({ job }) => job.endsWith(`_${sentAs.index}`)) ?? (rows.length === 1 ? rows[0] : undefined)
    if (row) {
      const sent = { ...sentAs, job: row.job, submittedAt: Date.now() }
      writeJobFile(task.task, { after: task.after, sent })
      task.sent(row.job, sentAs)
      task.see(row)
    } else if (++task.misses >= 2) task.hold('not taken by Slurm: sent again')
  }

  private async concludeAfterGrace(task: SlurmTask, row: QueueRow | null): Promise<void> {
    // A journal's last lines may come later over the network than Slurm's word.
    await new Promise((resolve) => setTimeout(resolve, this.intervals.grace))
    await task.finish()
    if (!task.live || task.state !== 'sent') return
    if (this.wantsToGoOn(task, row)) {
      task.hold('goes on')
      return this.sendSoon()
    }
    // A task that was cancelled before its array began is forgotten at once.
    const cancelled = row === null || row.state === 'CANCELLED'
    if (cancelled && (task.asked === 'pause' || task.asked === 'stop')) return task.end(endAsAsked(task.asked))
    if (row === null) return task.end(endOfUnknown(task, this.lastWords(task)))
    if (task.paused) return task.end(endOfPaused(row))
    if (row.reason === neverSatisfied) return this.concludeNeverSatisfied(task)
    const exit = await this.commands.exitOf(row.job)
    task.end(endOf(row, exit, this.lastWords(task)))
  }

  /** Its time limit came, and its job did not begin again: requeueing failed, or the node refused it. */
  private wantsToGoOn({ task: { folder }, attempt, asked, paused }: SlurmTask, row: QueueRow | null): boolean {
    if (!paused || asked !== null || row?.state === 'CANCELLED') return false
    return readTaskFile<AgainFile>(folder, taskFiles.again)?.attempt === attempt?.attempt
  }

  /** Where what it waits for goes on as another job, it waits for that one. */
  private concludeNeverSatisfied(task: SlurmTask): void {
    const failed = task.task.after.map((place) => this.before(place)).find((before) => before.state === 'failed')
    if (failed?.state === 'failed') return task.end(endOfWaiting(failed.why))
    const lost = task.task.after.filter((place) => this.before(place).state === 'open' && !this.tasks.has(place))
    if (lost.length > 0) return task.end(endOfWaiting(`${lost.join(', ')} did not get done`))
    task.hold('waits for another job of what it builds on')
    this.sendSoon()
  }

  private outputOf({ sentAs }: SlurmTask): string | null {
    if (sentAs === null) return null
    return join(submissionFolder(this.options.workspace, sentAs.submission), outputName(sentAs.index))
  }

  private lastWords(task: SlurmTask): string {
    return lastWordsOf(task.task.folder, this.outputOf(task))
  }

  private removeOutput(task: SlurmTask): void {
    const output = this.outputOf(task)
    if (output !== null) rmSync(output, { force: true })
  }

  private tellTrouble(error: unknown): void {
    const refusal = error instanceof SlurmRefusal ? error : null
    const kind = refusal?.kind ?? String(error)
    if (this.toldTrouble === kind) return
    this.toldTrouble = kind
    this.options.notice(
      refusal ??
        new SlurmRefusal('refused', 'The Slurm executor met a fault.', {
          got: error instanceof Error ? error.message : String(error),
          action: 'It tries again; please report it where it stays so.',
        }),
    )
  }
}
