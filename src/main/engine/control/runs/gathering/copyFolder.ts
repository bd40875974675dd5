/** Copies of folders that come from elsewhere: plain files and folders alone, whole or not at all. */
import { chmod, copyFile, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { constants } from 'node:fs'
import { join } from 'node:path'
import { temporaryBeside } from '../../../../machine/temporaries.mjs'
import { RefusedInputError } from '../../../../../shared/errors'
import { privateFile, privateFolder } from '../../store/folders'

/** Of what the engine writes: a stage's images lie two folders down. */
const deepest = 8

/**
 * `to` is not there before, and is whole afterwards.
 * @throws RefusedInputError for links, pipes and devices: a link could lead anywhere
 */
export async function copyFolder(from: string, to: string): Promise<void> {
  const temporary = temporaryBeside(to)
  try {
    await copyInto(from, temporary, 0)
    await rename(temporary, to)
  } catch (error) {
    await rm(temporary, { recursive: true, force: true })
    throw error
  }
}

async function copyInto(from: string, to: string, depth: number): Promise<void> {
  await mkdir(to, { mode: privateFolder })
  for (const name of await readdir(from)) {
    const source = join(from, name)
    const found = await lstat(source)
    if (found.isDirectory() && depth < deepest) await copyInto(source, join(to, name), depth + 1)
    else if (found.isFile()) {
      await copyFile(source, join(to, name), constants.COPYFILE_EXCL)
      await chmod(join(to, name), privateFile)
    } else
      throw new RefusedInputError('Something there is neither a file nor a folder.', {
        wanted: 'files and folders, as an engine writes them',
        got: found.isSymbolicLink() ? 'a link' : 'something else',
        where: source,
        action: 'Take it out of the other workspace.',
      })
  }
}
