/** The small files of a task's folder, read and written by control and by the process that works on the task. */
import { closeSync, fsyncSync, openSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { temporaryBeside } from '../../machine/temporaries.mjs'
import { taskFiles } from './taskFolder'

/** The mode of what is written here: runs are their owner's alone. */
export const taskFileMode = 0o600

/**
 * What a file of JSON holds; null while it is absent or cannot be read, which on a shared file system may be different
 * a moment later.
 */
export function readTaskFile<Content>(folder: string, name: string): Content | null {
  try {
    return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Content
  } catch {
    return null
  }
}

/** Readers find the old content or the new one, never a part, also after a power cut. */
export function writeTaskFile(folder: string, name: string, content: object): void {
  const temporary = temporaryBeside(join(folder, name))
  try {
    const descriptor = openSync(temporary, 'w', taskFileMode)
    try {
      writeFileSync(descriptor, JSON.stringify(content))
      fsyncSync(descriptor)
    } finally {
      closeSync(descriptor)
    }
    renameSync(temporary, join(folder, name))
  } catch (error) {
    rmSync(temporary, { force: true })
    throw error
  }
}

const journalEnd = '.jsonl'

export const journalFile = (folder: string, attempt: string): string =>
  join(folder, taskFiles.journal, attempt + journalEnd)

/** The attempts whose journals lie in a folder's list of files, the earliest first. */
export const attemptsOf = (names: readonly string[]): string[] =>
  names
    .filter((name) => name.endsWith(journalEnd))
    .map((name) => name.slice(0, -journalEnd.length))
    .sort()

/** The attempts at a task, the earliest first. */
export function listAttempts(folder: string): string[] {
  try {
    return attemptsOf(readdirSync(join(folder, taskFiles.journal)))
  } catch {
    return []
  }
}
