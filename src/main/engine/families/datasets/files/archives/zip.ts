import { isUtf8 } from 'node:buffer'
import { createWriteStream } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { promisify } from 'node:util'
import { fromRandomAccessReader, type Entry, type Options, type RandomAccessReader, type ZipFile } from 'yauzl'
import { openFileSource } from '../../../../weights/byteSource'
import { createYielding } from '../../../../images/yielding'
import { BlockReader } from './blockReader'
import type { ArchiveGuard } from './guard'
import type { ListOptions, UnpackOptions } from './types'

const openZip = promisify<RandomAccessReader, number, Options, ZipFile>(fromRandomAccessReader)
/** Above it, an entry is streamed to its file. */
const smallBytes = 1 << 20
const writersAtOnce = 8
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

/**
 * The name of an entry: UTF-8 wherever it can be, since macOS's archives do not say that it is; yauzl's reading of it
 * else.
 */
function nameOfEntry({ fileName, fileNameRaw }: Entry & { readonly fileNameRaw?: Buffer }): string {
  return fileNameRaw && isUtf8(fileNameRaw) ? fileNameRaw.toString('utf8').replaceAll('\\', '/') : fileName
}

/** Calls `visit` for every file that the guard admits, in the archive's order. */
async function walkZip(
  path: string,
  guard: ArchiveGuard,
  visit: (name: string, entry: Entry, zip: ZipFile) => Promise<'go on' | 'enough'>,
  atEnd: () => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  const unreadable = (error: unknown): never => {
    throw guard.explain(error)
  }
  const source = await openFileSource(path)
  const zip = await openZip(new BlockReader(source), source.size, { lazyEntries: true, autoClose: false }).catch(
    async (error: unknown) => {
      await source.close()
      return unreadable(error)
    },
  )
  try {
    for (;;) {
      const entry = await nextEntry(zip).catch(unreadable)
      if (entry === null) return await atEnd()
      const size = entry.uncompressedSize
      const admitted = guard.admit({ name: nameOfEntry(entry), size, kind: kindOfEntry(entry) })
      if (admitted !== null && (await visit(admitted, entry, zip)) === 'enough') return
    }
  } finally {
    // What is still being written reads from it.
    await atEnd().catch(() => undefined)
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

/** Runs tasks a few at a time; the first fault ends it. */
function createCrew(atOnce: number): { begin(task: () => Promise<void>): Promise<void>; end(): Promise<void> } {
  const running = new Set<Promise<void>>()
  let fault: { readonly reason: unknown } | null = null
  const refuse = (): void => {
    if (fault) throw fault.reason
  }
  return {
    async begin(task) {
      const work: Promise<void> = task()
        .catch((reason: unknown) => void (fault ??= { reason }))
        .finally(() => running.delete(work))
      running.add(work)
      if (running.size >= atOnce) await Promise.race(running)
      refuse()
    },
    async end() {
      await Promise.all(running)
      refuse()
    },
  }
}

/** Unpacks into a folder that is there; each claimed size is held against what comes. */
export async function unpackZip(path: string, guard: ArchiveGuard, options: UnpackOptions): Promise<void> {
  const { folder, signal, onFile } = options
  const made = new Set<string>()
  const crew = createCrew(writersAtOnce)
  let done = 0
  await walkZip(
    path,
    guard,
    async (name, entry, zip) => {
      signal?.throwIfAborted()
      if (entry.isEncrypted())
        throw guard.refuse('is locked with a password', { wanted: 'a .zip without a password', got: name })
      const target = join(folder, name)
      await crew.begin(async () => {
        await writeEntry(zip, entry, { target, made, signal }).catch((error: unknown) => {
          signal?.throwIfAborted()
          throw guard.explain(error)
        })
        done += 1
        onFile?.(done, zip.entryCount)
      })
      return 'go on'
    },
    crew.end,
  )
}

async function writeEntry(
  zip: ZipFile,
  entry: Entry,
  { target, made, signal }: { target: string; made: Set<string>; signal: AbortSignal | undefined },
): Promise<void> {
  const parent = dirname(target)
  if (!made.has(parent)) await mkdir(parent, { recursive: true })
  made.add(parent)
  const stream = await promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))(entry)
  if (entry.uncompressedSize > smallBytes) return pipeline(stream, createWriteStream(target), { signal })
  const chunks: Buffer[] = []
  for await (const chunk of stream) chunks.push(chunk as Buffer)
  await writeFile(target, Buffer.concat(chunks))
}
