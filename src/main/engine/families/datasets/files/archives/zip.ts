import { createWriteStream } from 'node:fs'
import { mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { open, type Entry, type Options, type ZipFile } from 'yauzl'
import { createYielding } from '../../../../images/yielding'
import type { ArchiveGuard } from './guard'
import type { ListOptions, UnpackOptions } from './types'

const openZip = promisify<string, Options, ZipFile>(open)
const typeMask = 0o170000
const fileTypes: Readonly<Record<number, string>> = {
  0o120000: 'SymbolicLink',
  0o060000: 'BlockDevice',
  0o020000: 'CharacterDevice',
  0o010000: 'FIFO',
  0o140000: 'Socket',
}

/** The next entry, or null at the end. */
const nextEntry = (zip: ZipFile): Promise<Entry | null> =>
  new Promise((resolve, reject) => {
    const settle = (act: () => void): void => {
      zip.removeListener('entry', onEntry).removeListener('end', onEnd).removeListener('error', onError)
      act()
    }
    const onEntry = (entry: Entry): void => settle(() => resolve(entry))
    const onEnd = (): void => settle(() => resolve(null))
    const onError = (error: Error): void => settle(() => reject(error))
    zip.on('entry', onEntry).on('end', onEnd).on('error', onError)
    zip.readEntry()
  })

function kindOfEntry({ fileName, externalFileAttributes }: Entry): string {
  if (fileName.endsWith('/')) return 'folder'
  return fileTypes[(externalFileAttributes >>> 16) & typeMask] ?? 'file'
}

/** Calls `visit` for every file that the guard admits, in the archive's order. */
async function walkZip(
  path: string,
  guard: ArchiveGuard,
  visit: (name: string, entry: Entry, zip: ZipFile) => Promise<'go on' | 'enough'>,
): Promise<void> {
  const unreadable = (error: unknown): never => {
    throw guard.explain(error)
  }
  const zip = await openZip(path, { lazyEntries: true, autoClose: false }).catch(unreadable)
  try {
    for (;;) {
      const entry = await nextEntry(zip).catch(unreadable)
      if (entry === null) return
      const { fileName: name, uncompressedSize: size } = entry
      const admitted = guard.admit({ name, size, kind: kindOfEntry(entry) })
      if (admitted !== null && (await visit(admitted, entry, zip)) === 'enough') return
    }
  } finally {
    zip.close()
  }
}

/** The central directory's names; nothing is unpacked. */
export async function listZip(path: string, guard: ArchiveGuard, { onName, signal }: ListOptions): Promise<boolean> {
  const yielding = createYielding(signal)
  let complete = true
  await walkZip(path, guard, async (name) => {
    complete = onName(name)
    if (yielding.due()) await yielding.pause()
    return complete ? 'go on' : 'enough'
  })
  return complete
}

/** Unpacks into a folder that is there and empty; each claimed size is held against what comes. */
export async function unpackZip(path: string, guard: ArchiveGuard, options: UnpackOptions): Promise<void> {
  const { folder, signal, onFile } = options
  let done = 0
  await walkZip(path, guard, async (name, entry, zip) => {
    signal?.throwIfAborted()
    if (entry.isEncrypted())
      throw guard.refuse('is locked with a password', { wanted: 'a .zip without a password', got: name })
    const target = join(folder, name)
    const openEntry = promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))
    try {
      await mkdir(dirname(target), { recursive: true })
      await pipeline(await openEntry(entry), createWriteStream(target), { signal })
    } catch (error) {
      signal?.throwIfAborted()
      throw guard.explain(error)
    }
    done += 1
    onFile?.(done, zip.entryCount)
    return 'go on'
  })
}
