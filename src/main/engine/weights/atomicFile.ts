/** Writes a file whole or not at all: temporary file beside it, fsync, rename, fsync of the folder. */
import { mkdir, open, rename, rm, type FileHandle } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { temporaryBeside } from '../../machine/temporaries.mjs'

const syncAndClose = (handle: FileHandle): Promise<void> => handle.sync().finally(() => handle.close())

export interface AtomicFileOptions {
  readonly mode?: number
  readonly beforeRename?: (() => Promise<void>) | undefined
}

/**
 * A kill at any moment leaves the old file or the new one, never a part; so does a fault of `chunks`, which passes
 * through.
 * @param mode of the new file; by default what the process's mask leaves
 * @param beforeRename when the file is whole and on disk, and has not got its name; a fault of it leaves the old file
 */
export async function writeAtomically(
  path: string,
  chunks: Iterable<Uint8Array> | AsyncIterable<Uint8Array>,
  { mode, beforeRename }: AtomicFileOptions = {},
): Promise<void> {
  const temporary = temporaryBeside(path)
  try {
    const handle = await open(temporary, 'wx', mode)
    try {
      for await (const chunk of chunks) await handle.writeFile(chunk)
      await handle.sync()
    } finally {
      await handle.close()
    }
    await beforeRename?.()
    await rename(temporary, path)
  } catch (error) {
    await rm(temporary, { force: true })
    throw error
  }
  await syncFolder(path)
}

/** Gives a file that was written piece by piece its name, once it is whole: both ends lie in one folder. */
export async function renameAtomically(finished: string, path: string): Promise<void> {
  await syncAndClose(await open(finished, 'r+'))
  await rename(finished, path)
  await syncFolder(path)
}

/**
 * Makes a folder, and those above it that are missing, which survive a power cut as what is written into them does.
 * @param mode of those that are made; by default what the process's mask leaves
 */
export async function makeFolder(path: string, mode?: number): Promise<void> {
  const first = await mkdir(path, { recursive: true, mode })
  if (first === undefined) return
  for (let made = resolve(path); made.length >= first.length; made = dirname(made)) await syncFolder(made)
}

/**
 * The same in a folder that is there: no path is made anew in the place of a workspace that was removed or unmounted.
 */
export async function makeFolderWithin(parent: string, name: string): Promise<void> {
  const path = join(parent, name)
  try {
    await mkdir(path, { mode: 0o700 })
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return
    throw error
  }
  await syncFolder(path)
}

/** Makes the name of a file or folder survive a power cut. */
const syncFolder = async (path: string): Promise<void> => syncAndClose(await open(dirname(path), 'r'))
