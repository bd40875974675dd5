/** Unpacks a data set's zip archive beside itself, for layouts that are read as files. */
import { createWriteStream } from 'node:fs'
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, resolve, sep } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { open, type Entry, type Options, type ZipFile } from 'yauzl'
import { RefusedInputError } from '../../../../../shared/errors'

const openZip = promisify<string, Options, ZipFile>(open)

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

const entryLimit = 1_000_000
const byteLimit = 20e9
const linkMode = 0o120000
const typeMask = 0o170000

const refuse = (archive: string, got: string, cause?: unknown): RefusedInputError =>
  new RefusedInputError('This archive is not unpacked.', {
    wanted: 'plain files below the archive’s folder',
    got,
    where: archive,
    action: 'Delete it and download it again, from the official address.',
    cause,
  })

/**
 * Unpacks into `folder`; a stamp with the archive's size says that it was done. Names that leave the folder, links, and
 * archives that claim more than
 * a million files or 20 GB are refused.
 */
export async function unpackZip(
  archive: string,
  folder: string,
  signal?: AbortSignal,
  onFile?: (done: number, total: number) => void,
): Promise<void> {
  const stamp = `${archive}.unpacked`
  const size = String((await stat(archive)).size)
  if ((await readFile(stamp, 'utf8').catch(() => '')) === size) return
  const unreadable = (error: Error): never => {
    throw refuse(archive, error.message, error)
  }
  const zip = await openZip(archive, { lazyEntries: true, autoClose: false }).catch(unreadable)
  try {
    if (zip.entryCount > entryLimit) throw refuse(archive, `${zip.entryCount} entries`)
    let bytes = 0
    let done = 0
    const openEntry = promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))
    for (
      let entry = await nextEntry(zip).catch(unreadable);
      entry !== null;
      entry = await nextEntry(zip).catch(unreadable)
    ) {
      signal?.throwIfAborted()
      done += 1
      bytes += entry.uncompressedSize
      if (bytes > byteLimit) throw refuse(archive, 'more than 20 GB')
      if (((entry.externalFileAttributes >>> 16) & typeMask) === linkMode) throw refuse(archive, 'a link')
      const path = resolve(folder, entry.fileName)
      if (!path.startsWith(resolve(folder) + sep)) throw refuse(archive, 'a name that leaves the folder')
      if (entry.fileName.endsWith('/')) continue
      await mkdir(dirname(path), { recursive: true })
      await pipeline(await openEntry(entry), createWriteStream(path), { signal })
      onFile?.(done, zip.entryCount)
    }
  } finally {
    zip.close()
  }
  await writeFile(stamp, size)
}
