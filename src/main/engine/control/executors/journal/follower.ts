/**
 * Follows the journals of a task, whoever writes them and wherever. By polling: notifications say nothing over NFS or
 * Lustre. What may happen on the way, and loses nothing: half a line (read when it is whole), a damaged one (told and
 * skipped), one that was told before (skipped), a missing one (told), a clock that jumps (times order nothing), a file
 * that cannot be opened for a while (tried again), an older attempt that writes on when a newer one took over (unread).
 */
import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { UserError, sentenceOf } from '../../../../../shared/errors'
import { decodeLine } from '../../../protocol/journalLines'
import { attemptsOf, journalFile, readTaskFile } from '../../../protocol/taskFiles'
import {
  taskFiles,
  type AttemptFile,
  type JournalLine,
  type JournalPosition,
  type TaskReport,
} from '../../../protocol/taskFolder'
import { readLines } from './reader'

/** Where to begin: behind what was kept, or with the attempts after one; null: with the first. */
export type FollowFrom = JournalPosition | { readonly after: string } | null

export interface FollowOptions {
  readonly folder: string
  readonly from: FollowFrom
  /** Milliseconds between two looks: about 100 on this machine, 500 over a network. */
  readonly interval: number
  onReport(report: TaskReport, at: JournalPosition): void
}

export interface Follower {
  /** Where the journals stand that have been read; changes are a sign of life. */
  readonly at: JournalPosition | null
  /** The last line of the newest attempt, where it has one. */
  readonly end: Extract<TaskReport, { type: 'finished' | 'failed' }> | null
  /** Reads what is there now; for whoever knows that the process has ended. Follows no more after that. */
  finish(): Promise<void>
  /** Hears nothing any more from this moment. */
  stop(): void
}

export function followJournal(options: FollowOptions): Follower {
  const follower = new JournalFollower(options)
  void follower.follow()
  return follower
}

/**
 * What is there now, without following; resolves when it has been told.
 * @throws UserError where a journal cannot be read to its end, or not be taken: what follows would take the place of
 *   what it says
 */
export async function readJournal(options: Omit<FollowOptions, 'interval'>): Promise<Follower> {
  const follower = new JournalFollower({ ...options, interval: 0 })
  await follower.finish()
  if (follower.fault === null) return follower
  throw new UserError('What this stage has recorded cannot be read.', {
    wanted: 'the journal that its training has written',
    got: 'one that could not be read, or not be kept, to its end',
    where: join(options.folder, taskFiles.journal),
    action: 'Look whether the disk is there and healthy, then resume the run; nothing of it has been removed.',
    cause: follower.fault,
  })
}

/** Milliseconds between two looks for a newer attempt; one is rare, and the older one is fenced off. */
const listInterval = 1000

/** A file that cannot be read at the very end is tried so often, so many milliseconds apart. */
const lastTries = 5
const lastPause = 100

class JournalFollower implements Follower {
  at: JournalPosition | null
  end: Follower['end'] = null
  /** Why the end could not be read. */
  fault: Error | null = null
  private stopped = false
  private finishing = false
  /** Damaged lines since the last good one: so many may be missing without another word. */
  private damaged = 0
  /** When the attempts were listed last. */
  private listed = -Infinity
  private looking: Promise<void> = Promise.resolve()
  private wake: () => void = () => undefined

  constructor(private readonly options: FollowOptions) {
    const { from } = options
    this.at = from && 'offset' in from ? from : null
  }

  async follow(): Promise<void> {
    while (!this.stopped && !this.finishing) {
      this.looking = this.look().catch(() => undefined)
      await this.looking
      if (this.stopped || this.finishing) return
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, this.options.interval)
        this.wake = () => {
          clearTimeout(timer)
          resolve()
        }
      })
    }
  }

  stop(): void {
    this.stopped = true
    this.wake()
  }

  async finish(): Promise<void> {
    if (this.stopped) return
    this.finishing = true
    this.wake()
    await this.looking
    for (let tries = 1; !this.stopped; tries++) {
      try {
        await this.look()
        break
      } catch (error) {
        if (tries >= lastTries) {
          this.fault = error instanceof Error ? error : new Error(String(error))
          this.warn(`The end of the journal could not be read: ${sentenceOf(error)}`)
          break
        }
        await new Promise((resolve) => setTimeout(resolve, lastPause))
      }
    }
    this.stop()
  }

  /**
   * Reads on in the current attempt, and goes to the next where there is one. The list is made before the reading: what
   * the current attempt had written when the next one took over is read to its end.
   * @throws the file system's errors, except that there is nothing yet
   */
  private async look(): Promise<void> {
    for (;;) {
      const current = this.at?.attempt ?? null
      if (current !== null && !this.finishing && performance.now() - this.listed < listInterval)
        return this.readOn(current)
      const attempts = await this.attempts()
      this.listed = performance.now()
      if (current !== null && attempts.includes(current)) await this.readOn(current)
      if (this.stopped) return
      const next = attempts.find((attempt) => attempt > (current ?? this.earliest))
      if (next === undefined || !this.mayRead(next)) return
      this.at = { attempt: next, offset: 0, number: 0 }
      this.end = null
      this.damaged = 0
    }
  }

  private get earliest(): string {
    const { from } = this.options
    return from && 'after' in from ? from.after : ''
  }

  private async attempts(): Promise<string[]> {
    try {
      return attemptsOf(await readdir(join(this.options.folder, taskFiles.journal)))
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
      throw error
    }
  }

  /** Of two that begin at the same moment, the fence knows which one lost. Where nobody works, it may be lost too. */
  private mayRead(attempt: string): boolean {
    const holder = readTaskFile<AttemptFile>(this.options.folder, taskFiles.attempt)
    return holder === null ? this.finishing : attempt <= holder.attempt
  }

  private readOn(attempt: string): Promise<void> {
    return readLines(journalFile(this.options.folder, attempt), this.at?.offset ?? 0, ({ text, end }) => {
      this.take(attempt, text, end)
      return !this.stopped
    })
  }

  private take(attempt: string, text: string, offset: number): void {
    const expected = this.at?.number ?? 0
    let line: JournalLine
    try {
      line = decodeLine(text)
    } catch (error) {
      this.damaged += 1
      this.at = { attempt, offset, number: expected }
      const reason = error instanceof SyntaxError ? 'it is no JSON' : sentenceOf(error)
      this.warn(`A damaged line of the journal was skipped: ${reason} (up to byte ${offset} of ${attempt}.jsonl).`)
      return
    }
    if (line.number < expected) {
      this.at = { attempt, offset, number: expected }
      return
    }
    const missing = line.number - expected - this.damaged
    const at = { attempt, offset, number: line.number + 1 }
    if (missing > 0) this.warn(`${missing} lines of the journal are missing.`, at)
    if (line.report.type === 'finished' || line.report.type === 'failed') this.end = line.report
    this.options.onReport(line.report, at)
    // Only now: what could not be taken comes again.
    this.at = at
    this.damaged = 0
  }

  private warn(message: string, at = this.at): void {
    if (at) this.options.onReport({ type: 'log', level: 'warn', message }, at)
  }
}
