/**
 * What control keeps of a task's job, in the task's folder and in the folder of the submission, so that an engine that
 * starts later finds the jobs that an earlier one sent.
 */
import { randomBytes } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { readTaskFile, taskFileMode, writeTaskFile } from '../../../protocol/taskFiles'
import type { StageTask } from '../executor'
import { listName } from './script'

const fileName = 'slurm.json'

export interface JobFile {
  readonly format: 1
  /** The newest attempt when the task was handed over: what older journals say is of an earlier life. */
  readonly after: string
  /** As it was handed over: an engine that takes it up later may have to send it. */
  readonly task: Pick<StageTask, 'title' | 'needs' | 'after'>
  /** null while it waits here. */
  readonly sent: {
    /** Names the folder below 'slurm/' of the workspace, and the jobs by their comment. */
    readonly submission: string
    /** Of the task in its array. */
    readonly index: number
    /** "17_3"; null while it is not known whether Slurm took it. */
    readonly job: string | null
    /** Milliseconds since 1970. */
    readonly submittedAt: number
  } | null
}

export const readJobFile = (folder: string): JobFile | null => {
  const file = readTaskFile<JobFile>(folder, fileName)
  return file?.format === 1 ? file : null
}

export const writeJobFile = (
  { folder, title, needs, after: before }: StageTask,
  { after, sent }: Pick<JobFile, 'after' | 'sent'>,
): void =>
  writeTaskFile(folder, fileName, { format: 1, after, task: { title, needs, after: before }, sent } satisfies JobFile)

/** Names sort by time. */
export const newSubmission = (): string => `${Date.now().toString(36)}-${randomBytes(4).toString('hex')}`

export const commentOf = (submission: string): string => `abd:${submission}`

export const submissionFolder = (workspace: string, submission: string): string => join(workspace, 'slurm', submission)

const scriptName = 'job.sh'

/** @returns the script's path */
export function writeSubmission(folder: string, script: string, taskFolders: readonly string[]): string {
  const file = join(folder, scriptName)
  mkdirSync(folder, { recursive: true, mode: 0o700 })
  writeFileSync(join(folder, listName), `${taskFolders.join('\n')}\n`, { mode: taskFileMode })
  writeFileSync(file, script, { mode: taskFileMode })
  return file
}
