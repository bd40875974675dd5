/** The teacher file of an experiment, brought into the run's folder. */
import { open, rm } from 'node:fs/promises'
import { RefusedInputError } from '../../../shared/errors'
import { openFileSource, type FileSource } from '../importers/byteSource'

const chunkBytes = 1 << 20

/**
 * Copies the file at `file` to `target`; the run keeps a copy because the original may change or go.
 * Only a regular file is read, so a pipe cannot hold the queue, and half a copy is never left behind.
 * @throws RefusedInputError when the file is absent, unreadable, not a regular file, or written to meanwhile
 */
export async function bringTeacher(file: string, target: string): Promise<void> {
  const source = await openTeacher(file)
  try {
    await copySource(source, target)
    await source.assertUnchanged()
  } catch (error) {
    await rm(target, { force: true })
    throw error
  } finally {
    await source.close()
  }
}

async function openTeacher(file: string): Promise<FileSource> {
  try {
    return await openFileSource(file)
  } catch (error) {
    throw new RefusedInputError('The teacher file cannot be read.', { wanted: 'a readable weights file', where: file, action: 'Check the path in the experiment.', cause: error })
  }
}

async function copySource(source: FileSource, target: string): Promise<void> {
  const copy = await open(target, 'w')
  try {
    for (let offset = 0; offset < source.size; offset += chunkBytes) {
      await copy.writeFile(await source.read(offset, Math.min(chunkBytes, source.size - offset)))
    }
  } finally {
    await copy.close()
  }
}
