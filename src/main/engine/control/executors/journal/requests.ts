/** What control asks of a task, as a file: the one way that reaches every node. */
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeTaskFile } from '../../../protocol/taskFiles'
import { taskFiles, type RequestFile } from '../../../protocol/taskFolder'

/** Heeded by whoever works on the task, until the request is taken back. */
export function writeRequest(folder: string, kind: RequestFile['kind']): void {
  const content: RequestFile = { kind, attempt: null, time: Date.now() }
  writeTaskFile(folder, taskFiles.request, content)
}

/** Before a start: what was asked of earlier attempts is done. */
export const clearRequest = (folder: string): void => rmSync(join(folder, taskFiles.request), { force: true })
