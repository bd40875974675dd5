/**
 * Who may write in a task's folder: the process whose attempt.json lies there. A later one takes over by putting its
 * own in its place, and the earlier one, which was thought dead, finds that out and writes nothing more.
 */
import { randomBytes } from 'node:crypto'
import { closeSync, existsSync, fsyncSync, mkdirSync, openSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { ownProcess } from '../../../machine/instance.mjs'
import { isTemporary } from '../../../machine/temporaries.mjs'
import { listAttempts, readTaskFile, writeTaskFile } from '../../protocol/taskFiles'
import { taskFiles, type AttemptFile } from '../../protocol/taskFolder'

export interface Fence {
  readonly attempt: AttemptFile
  /** Attempts before this one. */
  readonly earlier: number
  /** Whether this process may still write; true where that cannot be read at the moment. */
  holds(): boolean
  /** As `holds`, but patient with a file that cannot be read, and false where it stays so. */
  surelyHolds(): Promise<boolean>
}

/** Looks in vain for attempt.json this often before it counts as gone, with the folder. */
const patience = 3
const pause = 100

/** Takes the task over from whoever had it. */
export function takeTask(folder: string): Fence {
  mkdirSync(join(folder, taskFiles.journal), { recursive: true, mode: 0o700 })
  const attempts = listAttempts(folder)
  const last = readTaskFile<AttemptFile>(folder, taskFiles.attempt)?.attempt
  const name = laterThan([...attempts, ...(last === undefined ? [] : [last])])
  const { machine: host, ...own } = ownProcess()
  const attempt: AttemptFile = {
    attempt: name,
    host,
    ...own,
    job: schedulerJob(process.env),
  }
  writeTaskFile(folder, taskFiles.attempt, attempt)
  sweep(folder)
  syncFolder(folder)
  let missing = 0
  const read = (): 'own' | 'other' | 'unreadable' => {
    const found = readTaskFile<AttemptFile>(folder, taskFiles.attempt)
    return found === null ? 'unreadable' : found.attempt === name ? 'own' : 'other'
  }
  return {
    attempt,
    earlier: attempts.length,
    holds() {
      const found = read()
      missing = found === 'unreadable' ? missing + 1 : 0
      return found !== 'other' && missing < patience
    },
    async surelyHolds() {
      for (let look = 0; look < patience; look++) {
        const found = read()
        if (found !== 'unreadable') return found === 'own'
        await new Promise((resolve) => setTimeout(resolve, pause))
      }
      return false
    },
  }
}

/** Sorts behind every earlier attempt, also where this machine's clock is behind the one of theirs. */
function laterThan(attempts: readonly string[]): string {
  const latest = Math.max(0, ...attempts.map((attempt) => Number.parseInt(attempt, 10) || 0))
  const time = Math.max(Date.now(), latest + 1)
  return `${String(time).padStart(15, '0')}-${randomBytes(3).toString('hex')}`
}

/** Of an array, the task: the job id of its last task is the array's own. */
const schedulerJob = (env: NodeJS.ProcessEnv): string | null =>
  env.SLURM_ARRAY_JOB_ID && env.SLURM_ARRAY_TASK_ID
    ? `${env.SLURM_ARRAY_JOB_ID}_${env.SLURM_ARRAY_TASK_ID}`
    : (env.SLURM_JOB_ID ?? null)

/** What a process that was killed in the middle of a file left: nobody will give it a name any more. */
function sweep(folder: string): void {
  for (const place of ['.', 'images', 'pool'].map((name) => join(folder, name))) {
    if (!existsSync(place)) continue
    for (const name of readdirSync(place))
      if (isTemporary(name) && !writtenByControl.some((file) => name.startsWith(`.${file}.`)))
        rmSync(join(place, name), { force: true })
  }
}

/** Control may be writing one of these just now. */
const writtenByControl = [taskFiles.task, taskFiles.request, taskFiles.kept]

/** Makes the names in a folder survive a power cut. */
export function syncFolder(folder: string): void {
  const descriptor = openSync(folder, 'r')
  try {
    fsyncSync(descriptor)
  } finally {
    closeSync(descriptor)
  }
}
