/** How a task ended that said no last word itself: what Slurm says of its job. */
import { closeSync, fstatSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import { UserError, toCauses } from '../../../../../shared/errors'
import { decodeLine } from '../../../protocol/journalLines'
import { journalFile, listAttempts } from '../../../protocol/taskFiles'
import { taskExit, taskFiles, type TaskReport } from '../../../protocol/taskFolder'
import type { TaskEnd } from '../executor'
import type { QueueRow } from './queue'

export const neverSatisfied = 'DependencyNeverSatisfied'

const keptWords = 4000

/** The end of a file, where there is one. */
function tailOf(file: string, bytes: number): string {
  try {
    const descriptor = openSync(file, 'r')
    try {
      const { size } = fstatSync(descriptor)
      const buffer = Buffer.alloc(Math.min(size, bytes))
      readSync(descriptor, buffer, 0, buffer.length, size - buffer.length)
      return buffer.toString('utf8').trim()
    } finally {
      closeSync(descriptor)
    }
  } catch {
    return ''
  }
}

/** The last whole line of the newest attempt after one; null where there is none or it cannot be read now. */
export function lastReportOf(folder: string, after: string): TaskReport | null {
  const attempt = listAttempts(folder).at(-1)
  if (attempt === undefined || attempt <= after) return null
  const lines = tailOf(journalFile(folder, attempt), 256 * 1024).split('\n')
  try {
    return decodeLine(lines.at(-1) ?? '').report
  } catch {
    return null
  }
}

/** Of the task's error output, then of what Slurm and the lines before the task wrote. */
export const lastWordsOf = (folder: string, slurmOutput: string | null): string =>
  [tailOf(join(folder, taskFiles.output), keptWords), slurmOutput === null ? '' : tailOf(slurmOutput, keptWords)]
    .filter((words) => words !== '')
    .join('\n')

/** E.g. "NODE_FAIL", "FAILED (JobLaunchFailure, signal 9)". */
function wordOf({ state, reason }: QueueRow, signal: number): string {
  const more = [reason, signal > 0 ? `signal ${signal}` : ''].filter((part) => part !== '' && part !== state)
  return more.length === 0 ? state : `${state} (${more.join(', ')})`
}

/** By itself where it left with a code of its own; else Slurm's word. */
export function endOf(row: QueueRow, exit: { code: number; signal: number } | null, lastWords: string): TaskEnd {
  const byItself = (row.state === 'FAILED' || row.state === 'COMPLETED') && exit !== null && exit.signal === 0
  if (byItself) return { killedBy: null, exitCode: exit.code, lastWords }
  return { killedBy: wordOf(row, exit?.signal ?? 0), exitCode: null, lastWords }
}

/** With a checkpoint: by itself where it was asked to (a rung of a search), else Slurm's word for what came between. */
export function endOfPaused(row: QueueRow): TaskEnd {
  const byItself = row.state === 'COMPLETED' || row.reason === 'NonZeroExitCode'
  return { killedBy: byItself ? null : wordOf(row, 0), exitCode: taskExit.paused, lastWords: '' }
}

/** Slurm knows no such job, and the journal has no end. */
export function endOfUnknown(
  { job, asked, paused }: { job: string | null; asked: string | null; paused: boolean },
  lastWords: string,
): TaskEnd {
  if (asked === 'kill') return { killedBy: 'CANCELLED', exitCode: null, lastWords }
  const lost = new UserError('Slurm knows nothing of this job any more.', {
    wanted: 'its end, from Slurm or from its journal',
    got: `job ${job ?? 'unknown'}, which neither tells of`,
    action: 'It was cancelled by hand before it began, or its node was lost. Resume the run: it is sent again.',
  })
  return { killedBy: 'lost', exitCode: paused ? taskExit.paused : null, lastWords, causes: toCauses(lost) }
}

/** What it builds on did not get done. */
export function endOfWaiting(why: string): TaskEnd {
  const inVain = new UserError('It waited for a stage in vain.', {
    wanted: 'the stages that it builds on, done',
    got: why,
    action: 'Resume that one first, or the run: it brings both.',
  })
  return { killedBy: neverSatisfied, exitCode: null, lastWords: why, causes: toCauses(inVain) }
}
