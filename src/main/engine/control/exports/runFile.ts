/**
 * Reads a run's file. It may come from anybody: entries are found by names of ours and no other, everything is read up
 * to its limit, nothing in it is executed, and no name in it becomes a path.
 */
import { createHash, type Hash } from 'node:crypto'
import { stat } from 'node:fs/promises'
import { promisify } from 'node:util'
import { open, type Entry, type Options, type ZipFile } from 'yauzl'
import { RefusedInputError } from '../../../../shared/errors'
import {
  descriptionName,
  fileEntry,
  runFileSchema,
  seriesEntry,
  type RunFile,
} from '../../families/runExporters/abdrun/format'
import { decodeSeries, type NamedSeries } from '../../families/runExporters/abdrun/series'
import { writeAtomically } from '../../weights/atomicFile'

const openZip = promisify<string, Options, ZipFile>(open)

const mostEntries = 30_000
const largestDescription = 32 << 20
/** Of a stage: eight million numbers with their steps. */
const largestSeries = 128 << 20
const largestNamedFile = 2 ** 31 - 1
/** What DEFLATE can make of a byte at most. */
const largestRatio = 1032

export interface OpenedRunFile {
  readonly description: RunFile
  /** What a stage recorded; empty where the file holds nothing of it. */
  series(stageId: string): Promise<readonly NamedSeries[]>
  /** As it stands in the archive; null where there is none. */
  seriesBytes(stageId: string): Promise<Uint8Array | null>
  /** Writes the named file of that index, held against the hash that the description tells. */
  extract(index: number, target: string): Promise<void>
  close(): void
}

/** @throws RefusedInputError that says why it is no run's file, or a damaged one */
export async function openRunFile(path: string): Promise<OpenedRunFile> {
  const found = await stat(path).catch(() => null)
  if (!found?.isFile())
    throw new RefusedInputError('The run’s file cannot be read.', {
      wanted: 'a file that “abd export RUN --format abdrun” has written',
      got: found ? 'no regular file' : 'nothing at that path',
      where: path,
    })
  const zip = await openZip(path, { lazyEntries: true, autoClose: false, validateEntrySizes: true }).catch(
    (error: unknown) => {
      throw refusal(path, error)
    },
  )
  try {
    const entries = await entriesOf(zip, path)
    const bytes = await readEntry(zip, entries.get(descriptionName), { path, limit: largestDescription })
    if (!bytes) throw refusal(path, 'an archive without a description of a run')
    return opened(path, { zip, entries, description: describedIn(bytes, path) })
  } catch (error) {
    zip.close()
    throw error
  }
}

interface OpenedParts {
  readonly zip: ZipFile
  readonly entries: ReadonlyMap<string, Entry>
  readonly description: RunFile
}

function opened(path: string, { zip, entries, description }: OpenedParts): OpenedRunFile {
  const seriesBytes = (stageId: string): Promise<Buffer | null> =>
    readEntry(zip, entries.get(seriesEntry(stageId)), { path, limit: largestSeries })
  return {
    description,
    seriesBytes,
    async series(stageId) {
      const index = description.stages.find(({ id }) => id === stageId)?.series ?? []
      if (index.length === 0) return []
      // Before anything is unpacked: the description's word and the archive's.
      const wanted = index.reduce((sum, { points }) => sum + points * 16, 0)
      if (entries.get(seriesEntry(stageId))?.uncompressedSize !== wanted)
        throw refusal(path, `other numbers of ${stageId} than it says`)
      const bytes = await seriesBytes(stageId)
      const found = bytes && decodeSeries(bytes, index)
      if (found) return found
      throw refusal(path, `other numbers of ${stageId} than it says`)
    },
    async extract(index, target) {
      const wanted = description.files[index]
      const entry = entries.get(fileEntry(index))
      if (!wanted || !entry) throw refusal(path, 'a file less than it says')
      // Piece by piece; a wrong hash gives it no name.
      const hash = createHash('sha256')
      const pieces = piecesOf(zip, entry, { path, limit: largestNamedFile })
      await writeAtomically(target, hashed(pieces, hash), {
        beforeRename: () => {
          const found = hash.digest('hex') === wanted.sha256
          return found
            ? Promise.resolve()
            : Promise.reject(refusal(path, `another file than it says for ${wanted.parameter}`))
        },
      })
    },
    close: () => zip.close(),
  }
}

const refusal = (path: string, got: unknown): RefusedInputError =>
  new RefusedInputError('This is no file of a run, or a damaged one.', {
    wanted: 'a file that “abd export RUN --format abdrun” has written',
    got: got instanceof Error ? got.message : String(got),
    where: path,
    ...(got instanceof Error ? { cause: got } : {}),
  })

function describedIn(bytes: Buffer, path: string): RunFile {
  let value: unknown
  try {
    value = JSON.parse(bytes.toString('utf8'))
  } catch {
    // The parser's message quotes the text.
    throw refusal(path, 'a description that is no JSON')
  }
  const { success, data, error } = runFileSchema.safeParse(value)
  if (success) return data
  const format = typeof value === 'object' && value !== null && 'format' in value ? value.format : undefined
  if (typeof format === 'number' && format > 1)
    throw refusal(path, `format ${format}, of a later version of the program`)
  const [issue] = error.issues
  throw refusal(path, `${issue?.path.join('.') ?? ''} ${issue?.message ?? 'something else'}`.trim())
}

/** Entries by name; of two of one name the archive is refused. */
function entriesOf(zip: ZipFile, path: string): Promise<ReadonlyMap<string, Entry>> {
  return new Promise((resolve, reject) => {
    const entries = new Map<string, Entry>()
    const refuse = (got: unknown): void => reject(refusal(path, got))
    zip.on('error', refuse)
    zip.on('end', () => resolve(entries))
    zip.on('entry', (entry: Entry) => {
      if (entries.has(entry.fileName)) return refuse(`two entries of one name: ${entry.fileName.slice(0, 100)}`)
      if (entries.size >= mostEntries) return refuse(`more than ${mostEntries} entries`)
      entries.set(entry.fileName, entry)
      zip.readEntry()
    })
    zip.readEntry()
  })
}

async function* hashed(pieces: AsyncIterable<Uint8Array>, hash: Hash): AsyncGenerator<Uint8Array> {
  for await (const piece of pieces) {
    hash.update(piece)
    yield piece
  }
}

interface Reading {
  readonly path: string
  readonly limit: number
}

/** An entry's bytes as they come. The size that it claims is held against what comes. */
async function* piecesOf(zip: ZipFile, entry: Entry, { path, limit }: Reading): AsyncGenerator<Buffer> {
  const { uncompressedSize: size, compressedSize: packed } = entry
  if (size > limit) throw refusal(path, `${size} bytes where at most ${limit} are read`)
  if (size > packed * largestRatio) throw refusal(path, `${size} bytes out of ${packed}`)
  if (entry.isEncrypted()) throw refusal(path, 'an archive with a password')
  try {
    const stream = await promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))(entry)
    for await (const piece of stream) yield piece as Buffer
  } catch (error) {
    throw refusal(path, error)
  }
}

async function readEntry(zip: ZipFile, entry: Entry | undefined, reading: Reading): Promise<Buffer | null> {
  if (!entry) return null
  const pieces: Buffer[] = []
  for await (const piece of piecesOf(zip, entry, reading)) pieces.push(piece)
  return Buffer.concat(pieces)
}
