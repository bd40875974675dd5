/**
 * How far control has kept what a task's journal says, in the task's folder: where the next control begins to read.
 * What lies before `kept` is in the store. What comes after may be told again and replaces itself, except for the run's
 * log, which has its own mark.
 */
import { readTaskFile, writeTaskFile } from '../../protocol/taskFiles'
import { taskFiles, type JournalPosition, type KeptFile } from '../../protocol/taskFolder'

/** Milliseconds between two marks while a task runs. */
const interval = 5000

export interface KeptPosition {
  /** The newest place that was reached, kept or not. */
  readonly last: JournalPosition | null
  /** Whether it is time to keep. */
  readonly due: boolean
  reached(at: JournalPosition): void
  keep(at: JournalPosition): void
  /** Writes log lines unless an earlier control has. */
  logOnce(at: JournalPosition, write: () => void): void
}

/** Where a task's journal is to be read from; null: from its beginning. */
export const keptPosition = (folder: string): JournalPosition | null =>
  readTaskFile<KeptFile>(folder, taskFiles.kept)?.kept ?? null

const isAfter = (at: JournalPosition, mark: JournalPosition): boolean =>
  at.attempt === mark.attempt ? at.offset > mark.offset : at.attempt > mark.attempt

export function createKeptPosition(folder: string): KeptPosition {
  const file = readTaskFile<KeptFile>(folder, taskFiles.kept)
  let kept = file?.kept ?? null
  const loggedBefore = file?.logged ?? null
  let logged = loggedBefore
  let last = kept
  let written = performance.now()
  const write = (): void => {
    const mark = kept ?? { attempt: '', offset: 0, number: 0 }
    writeTaskFile(folder, taskFiles.kept, { content: { kept: mark, logged } satisfies KeptFile, writer: 'control' })
  }
  return {
    get last() {
      return last
    },
    get due() {
      return performance.now() - written > interval
    },
    reached(at) {
      last = at
    },
    keep(at) {
      if (kept && !isAfter(at, kept)) return
      kept = at
      written = performance.now()
      write()
    },
    logOnce(at, line) {
      if (loggedBefore && !isAfter(at, loggedBefore)) return
      line()
      logged = at
      write()
    },
  }
}
