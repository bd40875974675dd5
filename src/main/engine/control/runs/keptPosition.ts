/**
 * How far control has kept what a task's journal says: where the next control begins to read. It is written in the
 * transaction that writes the last of what lies before it, and what was written earlier comes to disk no later: so the
 * store is never behind it, whatever ends this process or the machine. What comes after `kept` may be told again and
 * replaces itself, except for the run's log, whose lines carry a mark of their own.
 */
import { readTaskFile } from '../../protocol/taskFiles'
import { taskFiles, type JournalPosition, type KeptFile } from '../../protocol/taskFolder'
import type { RunStore } from '../store'

/** Milliseconds between two marks while a task runs. */
const interval = 1000

export interface KeptPosition {
  /** The newest place that was reached, kept or not. */
  readonly last: JournalPosition | null
  /** Whether it is time to keep. */
  readonly due: boolean
  reached(at: JournalPosition): void
  /** @param write is given what marks the place, to be called in the transaction of what lies before it */
  keep(at: JournalPosition, write: (mark: () => void) => void): void
  /** Writes log lines unless an earlier control has. @param write as of `keep` */
  logOnce(at: JournalPosition, write: (mark: () => void) => void): void
}

export interface KeptTask {
  readonly positions: RunStore['positions']
  readonly place: string
  /** Where earlier versions kept the position. */
  readonly folder: string
}

const keptFile = ({ positions, place, folder }: KeptTask): KeptFile | null =>
  positions.of(place) ?? readTaskFile<KeptFile>(folder, taskFiles.kept)

/** Where a task's journal is to be read from; null: from its beginning. */
export const keptPosition = (task: KeptTask): JournalPosition | null => keptFile(task)?.kept ?? null

const isAfter = (at: JournalPosition, mark: JournalPosition): boolean =>
  at.attempt === mark.attempt ? at.offset > mark.offset : at.attempt > mark.attempt

export function createKeptPosition(task: KeptTask): KeptPosition {
  const { positions, place } = task
  const file = keptFile(task)
  let kept = file?.kept ?? null
  const loggedBefore = file?.logged ?? null
  let logged = loggedBefore
  let last = kept
  let written = performance.now()
  const mark = (next: { kept?: JournalPosition; logged?: JournalPosition }) => (): void =>
    positions.keep(place, { kept: kept ?? { attempt: '', offset: 0, number: 0 }, logged, ...next })
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
    keep(at, write) {
      if (kept && !isAfter(at, kept)) return
      write(mark({ kept: at }))
      kept = at
      written = performance.now()
    },
    logOnce(at, write) {
      if (loggedBefore && !isAfter(at, loggedBefore)) return
      write(mark({ logged: at }))
      logged = at
    },
  }
}
