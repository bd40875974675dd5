/**
 * The journal of one attempt at a task: reports in their order, one line each, of which none is a part. A picture's
 * line follows its file. What `settle` has seen through survives a power cut.
 */
import { closeSync, fsync, ftruncateSync, openSync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { encodeLine } from '../../protocol/journalLines'
import { taskFileMode } from '../../protocol/taskFiles'
import type { TaskReport } from '../../protocol/taskFolder'

/** The file under a journal; tests put in one that fails. */
export interface JournalDisk {
  /** Appends, and returns how many bytes it took. */
  append(bytes: Uint8Array): number
  sync(): Promise<void>
  truncate(size: number): void
  close(): void
}

/** @throws Error where the file exists: a journal has one writer */
export function openJournalDisk(file: string): JournalDisk {
  const descriptor = openSync(file, 'ax', taskFileMode)
  return {
    append: (bytes) => writeSync(descriptor, bytes),
    sync: () => promisify(fsync)(descriptor),
    truncate: (size) => ftruncateSync(descriptor, size),
    close: () => closeSync(descriptor),
  }
}

export interface Journal {
  /**
   * At once, or behind a picture that is being written. `work` makes the report, where a file comes before it.
   * @throws whatever an earlier line, picture or sync failed with
   */
  write(report: TaskReport): void
  writeAfter(work: () => Promise<TaskReport>): void
  /** Resolves when everything written until now is on disk; rejects where it is not. */
  settle(): Promise<void>
  /** The last line, tried even where others failed; false where it could not be written and brought to disk. */
  end(report: TaskReport, makeRoom: () => void): Promise<boolean>
}

export function createJournal(disk: JournalDisk): Journal {
  return new JournalWriter(disk)
}

class JournalWriter implements Journal {
  private number = 0
  /** Bytes of whole lines. */
  private size = 0
  /** Of those, the ones that are surely on disk. */
  private synced = 0
  private queue: Promise<void> = Promise.resolve()
  private queued = 0
  /** The first failure: after one nothing more is promised, since a sync that failed once proves nothing later. */
  private fault: { readonly error: unknown } | null = null

  constructor(private readonly disk: JournalDisk) {}

  write(report: TaskReport): void {
    this.throwFault()
    if (this.queued > 0) this.enqueue(() => Promise.resolve(report))
    else this.put(report)
  }

  writeAfter(work: () => Promise<TaskReport>): void {
    this.throwFault()
    this.enqueue(work)
  }

  async settle(): Promise<void> {
    await this.queue
    this.throwFault()
    const { size } = this
    if (this.synced >= size) return
    try {
      await this.disk.sync()
      this.synced = Math.max(this.synced, size)
    } catch (error) {
      this.fault ??= { error }
    }
    this.throwFault()
  }

  async end(report: TaskReport, makeRoom: () => void): Promise<boolean> {
    await this.queue
    try {
      makeRoom()
    } catch {
      // There may be room all the same.
    }
    try {
      this.append(report)
      await this.disk.sync()
      this.disk.close()
      return true
    } catch {
      return false
    }
  }

  private enqueue(work: () => Promise<TaskReport>): void {
    this.queued += 1
    this.queue = this.queue
      .then(async () => {
        if (!this.fault) this.put(await work())
      })
      .catch((error: unknown) => {
        this.fault ??= { error }
      })
      .finally(() => {
        this.queued -= 1
      })
  }

  private put(report: TaskReport): void {
    try {
      this.append(report)
    } catch (error) {
      this.fault ??= { error }
      throw error
    }
  }

  /** A line that does not fit leaves no part of itself: the next would be appended to it. */
  private append(report: TaskReport): void {
    const line = Buffer.from(encodeLine({ number: this.number, time: Date.now(), report }))
    try {
      for (let written = 0; written < line.length;) written += this.disk.append(line.subarray(written))
    } catch (error) {
      this.disk.truncate(this.size)
      throw error
    }
    this.size += line.length
    this.number += 1
  }

  private throwFault(): void {
    if (this.fault) throw this.fault.error
  }
}
