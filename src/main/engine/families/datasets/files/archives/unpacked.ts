/**
 * Archives unpacked in the per-user cache, by the SHA-256 of their bytes: copies under other names share one, and a
 * second opening costs a look at size and time of the file.
 */
import { createHash } from 'node:crypto'
import { mkdir, readFile, readdir, rename, rm, stat, utimes, writeFile } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { isTemporary, sweepFolder, temporaryBeside } from '../../../../../machine/temporaries.mjs'
import { UserError } from '../../../../../../shared/errors'
import { openFileSource } from '../../../../weights/byteSource'
import { createYielding } from '../../../../images/yielding'
import type { DatasetContext } from '../../types'
import { isDiskError } from './guard'
import { unpackArchive } from './index'

/** The least recently used go where all together exceed it; those of the last day stay, somebody may be reading. */
const cacheBudget = 40e9
const dayMilliseconds = 86_400_000
const sizeFile = 'bytes'
const filesFolder = 'files'

const folderOf = (cacheFolder: string): string => join(cacheFolder, 'unpacked')

/** The hash of an archive, remembered under its path, size and time. */
async function hashOf(archive: string, context: DatasetContext): Promise<string> {
  const { size, mtimeMs, ino } = await stat(archive)
  const key = createHash('sha256')
    .update(`${resolve(archive)}\0${size}\0${mtimeMs}\0${ino}`)
    .digest('hex')
    .slice(0, 32)
  const note = join(folderOf(context.cacheFolder), 'hashes', key)
  const known = await readFile(note, 'utf8').catch(() => '')
  if (/^[0-9a-f]{64}$/.test(known)) return known
  context.onProgress?.(0, `Looking at ${basename(archive)}`)
  const source = await openFileSource(archive)
  try {
    const hash = createHash('sha256')
    const yielding = createYielding(context.signal)
    const chunk = 1 << 20
    for (let offset = 0; offset < source.size; offset += chunk) {
      hash.update(await source.read(offset, Math.min(chunk, source.size - offset)))
      if (yielding.due()) await yielding.pause()
    }
    await source.assertUnchanged()
    const found = hash.digest('hex')
    await writeFile(note, found).catch(() => undefined)
    return found
  } finally {
    await source.close()
  }
}

/** Disk errors are the cache's, not the archive's. */
function explain(error: unknown, folder: string): unknown {
  if (!isDiskError(error)) return error
  return new UserError('The archive cannot be unpacked.', {
    wanted: 'a cache folder that can be written to, with space',
    got: error.code,
    where: folder,
    action: 'Make space there, or unpack the archive yourself and name its folder.',
    cause: error,
  })
}

/** Removes what nobody used for longest while all exceed the budget, and what broken attempts left. */
export async function evictUnpacked(folder: string, budget: number, now = Date.now()): Promise<void> {
  const found: { path: string; used: number; bytes: number }[] = []
  sweepFolder(folder)
  for (const name of await readdir(folder)) {
    const path = join(folder, name)
    const used = (await stat(path).catch(() => null))?.mtimeMs
    if (used === undefined || name === 'hashes' || isTemporary(name)) continue
    const bytes = Number(await readFile(join(path, sizeFile), 'utf8').catch(() => '0'))
    found.push({ path, used, bytes })
  }
  let total = found.reduce((sum, { bytes }) => sum + bytes, 0)
  for (const { path, used, bytes } of found.sort((a, b) => a.used - b.used)) {
    if (total <= budget || now - used < dayMilliseconds) return
    await rm(path, { recursive: true, force: true })
    total -= bytes
  }
}

/**
 * The folder that holds an archive's files, unpacked now or on an earlier day.
 * @throws RefusedInputError for a damaged or unsafe archive, UserError where the cache has no space
 */
export async function unpackedFolder(archive: string, context: DatasetContext): Promise<string> {
  const all = folderOf(context.cacheFolder)
  try {
    await mkdir(join(all, 'hashes'), { recursive: true })
    const own = join(all, await hashOf(archive, context))
    const files = join(own, filesFolder)
    const now = new Date()
    if (await stat(files).catch(() => null)) {
      await utimes(own, now, now).catch(() => undefined)
      return files
    }
    await unpackAside(archive, own, context)
    await evictUnpacked(all, cacheBudget)
    return files
  } catch (error) {
    throw explain(error, all)
  }
}

/** Whole or not at all: a kill, and another process at the same work, leave nothing half-done. */
async function unpackAside(archive: string, own: string, context: DatasetContext): Promise<void> {
  const aside = temporaryBeside(own)
  const folder = join(aside, filesFolder)
  await mkdir(folder, { recursive: true })
  try {
    const { signal, onProgress } = context
    const step = `Unpacking ${basename(archive)}`
    const onFile = (done: number, total: number): void => onProgress?.(total > 0 ? done / total : 0, step)
    const bytes = await unpackArchive(archive, { folder, signal, onFile })
    signal?.throwIfAborted()
    await writeFile(join(aside, sizeFile), String(bytes))
    await rename(aside, own).catch(async (error: unknown) => {
      // Another process was first with the same archive.
      if (!(await stat(join(own, filesFolder)).catch(() => null))) throw error
      await rm(aside, { recursive: true, force: true })
    })
  } catch (error) {
    await rm(aside, { recursive: true, force: true })
    throw error
  }
}
