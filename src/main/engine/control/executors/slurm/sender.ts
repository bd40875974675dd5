/** Sends the tasks that wait here: what may go together as one array, as much as the cluster takes. */
import type { SlurmSettings } from './settings'
import { planArrays, type Sendable } from './arrays'
import { SlurmRefusal, type SlurmCommands } from './commands'
import { commentOf, newSubmission, submissionFolder, writeJobFile, writeSubmission } from './jobFile'
import { batchScript, type ScriptPlaces } from './script'
import type { SlurmTask } from './task'

/** What is known of a stage that another waits for. */
export type Before =
  | { readonly state: 'done' }
  | { readonly state: 'job'; readonly job: string }
  /** No job yet, or nobody knows of it. */
  | { readonly state: 'open' }
  | { readonly state: 'failed'; readonly why: string }

export interface SenderOptions {
  readonly workspace: string
  readonly places: ScriptPlaces
  readonly commands: SlurmCommands
  /** Milliseconds after which a stage that failed is not expected to be handed over again. */
  readonly patience: number
  settings(): SlurmSettings
  /** What is known of the stage at a place. */
  before(place: string): Before
  /** Tasks that stand in the cluster's queue. */
  inQueue(): number
  /** A new array, with how many of it run at once (0: all). */
  onArray(array: string, limit: number): void
  onRefused(task: SlurmTask, refusal: SlurmRefusal): void
  onNeverSatisfied(task: SlurmTask, why: string): void
  notice(refusal: SlurmRefusal): void
}

const theQueueIsFull = 'the queue is full'
/** Milliseconds. */
const retryFull = 60_000
/** Slurm's own default. */
const usualArraySize = 1001

type Waiting = Sendable & { readonly slurmTask: SlurmTask }

/** Tasks on their way out together. */
interface Submission {
  readonly name: string
  readonly tasks: readonly SlurmTask[]
  /** The name of a task's job. */
  jobOf(job: string, index: number): string
}

export class Sender {
  private maxArraySize: number | null = null
  /** How many fitted in, and when, where the queue took no more. */
  private full: { readonly fitted: number; readonly at: number } | null = null
  private toldFull = false

  constructor(private readonly options: SenderOptions) {}

  /** The cluster's queue was full; something ended, so that it may take more. */
  roomAgain(): void {
    this.full = null
  }

  /**
   * Sends what can be sent of these; the rest stays held, with the reason told. Level after level: students may go as
   * soon as their teacher has a job.
   */
  async send(held: readonly SlurmTask[]): Promise<void> {
    for (;;) {
      const ready = held
        .filter((task) => task.state === 'held')
        .flatMap((slurmTask): Waiting[] => {
          const after = this.jobsBefore(slurmTask)
          return after === null ? [] : [{ slurmTask, needs: slurmTask.task.needs, after }]
        })
      if (ready.length === 0 || !(await this.sendLevel(ready))) return
    }
  }

  /** null: it cannot be sent now. */
  private jobsBefore(slurmTask: SlurmTask): string[] | null {
    const jobs: string[] = []
    for (const place of slurmTask.task.after) {
      const before = this.options.before(place)
      // What failed may be about to be handed over anew, a moment after what builds on it.
      const again = performance.now() - slurmTask.handedOver < this.options.patience
      if (before.state === 'failed' && !again) {
        this.options.onNeverSatisfied(slurmTask, before.why)
        return null
      }
      if (before.state === 'open' || before.state === 'failed') {
        slurmTask.hold(`waits for ${place}`)
        return null
      }
      if (before.state === 'job') jobs.push(before.job)
    }
    return jobs
  }

  /** @returns whether all of it went out */
  private async sendLevel(ready: readonly Waiting[]): Promise<boolean> {
    const settings = this.options.settings()
    const limits = { arraySize: await this.arraySizeOf(settings), room: this.roomOf(settings) }
    const { arrays, left } = planArrays(ready, limits)
    for (const { slurmTask } of left)
      slurmTask.hold(this.full === null ? `limit of ${settings.submitLimit} tasks in the queue` : theQueueIsFull)
    for (const array of arrays) if (!(await this.sendArray(array, settings, arrays.length))) return false
    return left.length === 0
  }

  private async arraySizeOf(settings: SlurmSettings): Promise<number> {
    this.maxArraySize ??= await this.options.commands.limits().then(
      (limits) => limits.maxArraySize,
      () => null,
    )
    if (this.maxArraySize === 0) return 1
    return Math.min(...[settings.arraySize, this.maxArraySize ?? usualArraySize].filter((size) => size > 0))
  }

  private roomOf({ submitLimit }: SlurmSettings): number {
    // Jobs of others on the same account may have made room.
    if (this.full && performance.now() - this.full.at > retryFull) this.full = null
    const limits = [submitLimit === 0 ? Infinity : submitLimit, this.full?.fitted ?? Infinity]
    return Math.min(...limits) - this.options.inQueue()
  }

  /**
   * @param arrays how many share the limit
   * @returns whether more may be sent now
   */
  private async sendArray(array: readonly Waiting[], settings: SlurmSettings, arrays: number): Promise<boolean> {
    const single = this.maxArraySize === 0
    const submission: Submission = {
      name: newSubmission(),
      tasks: array.map(({ slurmTask }) => slurmTask),
      jobOf: (job, index) => (single ? job : `${job}_${index}`),
    }
    const limit = settings.concurrency === 0 ? 0 : Math.max(1, Math.floor(settings.concurrency / arrays))
    // Noted before: who finds no number here looks for the submission among Slurm's jobs.
    note(submission, null)
    submission.tasks.forEach((task, index) => {
      task.state = 'unsure'
      task.sentAs = { submission: submission.name, index }
    })
    try {
      const job = await this.options.commands.submit(this.writeScript(array, submission, { settings, limit, single }))
      note(submission, job)
      this.toldFull = false
      this.options.onArray(job, limit)
      submission.tasks.forEach((task, index) => {
        if (task.live) task.sent(submission.jobOf(job, index), { submission: submission.name, index })
      })
      return true
    } catch (error) {
      return this.notSent(submission.tasks, error)
    }
  }

  private writeScript(
    array: readonly Waiting[],
    { name, tasks }: Submission,
    { settings, limit, single }: { settings: SlurmSettings; limit: number; single: boolean },
  ): string {
    const [first] = array
    if (first === undefined) throw new Error('An array without tasks.')
    const folder = submissionFolder(this.options.workspace, name)
    const plan = {
      title: first.slurmTask.task.title,
      folder,
      count: single ? null : tasks.length,
      limit: limit < tasks.length ? limit : 0,
      needs: first.needs,
      after: first.after,
      comment: commentOf(name),
    }
    const folders = tasks.map(({ task }) => task.folder)
    return writeSubmission(folder, batchScript(settings, plan, this.options.places), folders)
  }

  private notSent(tasks: readonly SlurmTask[], error: unknown): false {
    const live = tasks.filter((task) => task.live)
    if (!(error instanceof SlurmRefusal)) {
      for (const task of live) task.state = 'held'
      throw error
    }
    switch (error.kind) {
      case 'unreachable':
        // Slurm may have taken it all the same: the next answer of squeue tells.
        this.options.notice(error)
        break
      case 'full':
        if (!this.toldFull) this.options.notice(error)
        this.toldFull = true
        for (const task of live) task.hold(theQueueIsFull)
        this.full = { fitted: this.options.inQueue() + Math.floor(tasks.length / 2), at: performance.now() }
        break
      case 'missing':
      case 'refused':
        for (const task of live) this.options.onRefused(task, error)
    }
    return false
  }
}

/** @param job null: on its way */
function note({ name, tasks, jobOf }: Submission, job: string | null): void {
  const submittedAt = Date.now()
  tasks.forEach(({ task, after }, index) =>
    writeJobFile(task, {
      after,
      sent: { submission: name, index, job: job === null ? null : jobOf(job, index), submittedAt },
    }),
  )
}
