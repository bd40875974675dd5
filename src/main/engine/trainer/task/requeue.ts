/** A task that ran out of time puts its job back into the scheduler's queue: nobody else does. */
import { execFileSync } from 'node:child_process'
import { readTaskFile, writeTaskFile } from '../../protocol/taskFiles'
import { taskFiles, type AgainFile, type AttemptFile, type RequestFile } from '../../protocol/taskFolder'

const patience = 30_000

/**
 * The last act of a process that paused for a time limit: Slurm answers it with SIGTERM at once. The job is named by
 * array and task: the last task of an array bears the array's own id, and requeueing that takes all the others along.
 * A file says that the task wants to go on, whatever becomes of the job.
 */
export function requeueJob(folder: string, { job, attempt }: AttemptFile): void {
  // Control has asked meanwhile: it decides when the task goes on.
  if (job === null || readTaskFile<RequestFile>(folder, taskFiles.request) !== null) return
  writeTaskFile(folder, taskFiles.again, { attempt } satisfies AgainFile)
  try {
    execFileSync('scontrol', ['requeue', job], { stdio: ['ignore', 'ignore', 'inherit'], timeout: patience })
  } catch (error) {
    process.stderr.write(`The job was not requeued: ${error instanceof Error ? error.message : String(error)}\n`)
  }
}
