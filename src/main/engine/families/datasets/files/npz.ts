/**
 * NumPy's .npz archives: a .zip of .npy arrays. Their headers are read without unpacking the rest, and arrays one at a
 * time into memory of the size that their header states, within a bound on all of them.
 */
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { open, type Entry, type Options, type ZipFile } from 'yauzl'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, openFileSource } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { createYielding } from '../../../images/yielding'
import { headerLimit, type ArrayFile, type ArrayOptions } from './arrayFile'
import { arrayOfBuffer, bytesOfArray, parseNpyHeader, type NpyArray, type NpyHeader } from './npy'

const openZip = promisify<string, Options, ZipFile>(open)
const entryLimit = 1000
/** What DEFLATE can make of a byte at most. */
const largestRatio = 1032

/** @throws RefusedInputError when the file is no .zip of arrays */
export async function openNpz(path: string, { limit, signal }: ArrayOptions): Promise<ArrayFile> {
  const called = quoteFromFile(basename(path))
  const refuse = (message: string, details: { wanted: string; got: string; cause?: unknown }): RefusedInputError =>
    new RefusedInputError(`${called} ${message}.`, {
      ...details,
      where: path,
      action: 'Save the arrays with numpy.savez or numpy.savez_compressed.',
    })
  const damaged = (error: unknown): RefusedInputError =>
    error instanceof RefusedInputError
      ? error
      : refuse('is no whole NumPy archive', {
          wanted: 'a .npz file',
          got: error instanceof Error ? error.message : String(error),
          cause: error,
        })
  // Opening checks that it is a regular file before a byte of a pipe or device is read.
  await (await openFileSource(path)).close()
  const zip = await openZip(path, { lazyEntries: true, autoClose: false }).catch((error: unknown) => {
    throw damaged(error)
  })
  try {
    const entries = await listArrays(zip, refuse)
    const openEntry = promisify<Entry, NodeJS.ReadableStream>(zip.openReadStream.bind(zip))
    const find = (name: string): Entry => {
      const entry = entries.get(name)
      if (!entry) throw refuse('lacks an array', { wanted: name, got: [...entries.keys()].join(', ') })
      return entry
    }
    const placeOf = (name: string): string => `${path}: ${name}.npy`
    let left = limit
    return {
      names: [...entries.keys()],
      placeOf,
      close: () => zip.close(),
      async header(name) {
        const stream = await openEntry(find(name)).catch((error: unknown) => {
          throw damaged(error)
        })
        return (
          await readHeader(stream, { name, where: placeOf(name) }).catch((error: unknown) => {
            throw damaged(error)
          })
        ).header
      },
      async read(name) {
        const entry = find(name)
        left -= entry.uncompressedSize
        if (left < 0 || entry.uncompressedSize > entry.compressedSize * largestRatio + headerLimit)
          throw refuse('holds more than fits into memory', {
            wanted: `at most ${bytesText(limit)} of images and labels, and no more than its bytes can hold`,
            got: `${name}.npy of ${bytesText(entry.uncompressedSize)}`,
          })
        try {
          return await readArray(await openEntry(entry), { name, where: placeOf(name), entry, signal })
        } catch (error) {
          signal?.throwIfAborted()
          throw damaged(error)
        }
      },
    }
  } catch (error) {
    zip.close()
    throw damaged(error)
  }
}

type Refuse = (message: string, details: { wanted: string; got: string }) => RefusedInputError

function listArrays(zip: ZipFile, refuse: Refuse): Promise<Map<string, Entry>> {
  const entries = new Map<string, Entry>()
  return new Promise((resolve, reject) => {
    zip.on('error', reject)
    zip.on('end', () => resolve(entries))
    zip.on('entry', (entry: Entry) => {
      if (entry.fileName.endsWith('.npy')) entries.set(entry.fileName.slice(0, -'.npy'.length), entry)
      if (entries.size > entryLimit)
        reject(refuse('has too many arrays', { wanted: `at most ${entryLimit}`, got: 'more' }))
      else if (entry.isEncrypted()) reject(refuse('is locked with a password', { wanted: 'no password', got: 'one' }))
      else zip.readEntry()
    })
    zip.readEntry()
  })
}

interface Named {
  readonly name: string
  readonly where: string
}

/** The header, and the bytes that were read beyond it. */
async function readHeader(
  stream: NodeJS.ReadableStream,
  { name, where }: Named,
): Promise<{ header: NpyHeader; rest: Buffer; stream: AsyncIterator<Buffer> }> {
  const chunks = (stream as AsyncIterable<Buffer>)[Symbol.asyncIterator]()
  let read = Buffer.alloc(0)
  for (;;) {
    const next = await chunks.next()
    if (next.done !== true) read = Buffer.concat([read, next.value])
    if (next.done === true || read.length >= headerLimit || isWhole(read)) break
  }
  const header = parseNpyHeader(read, name, where)
  return { header, rest: read.subarray(header.start), stream: chunks }
}

/** Whether the header is there: its length stands in the bytes 8 and 9, or 8 to 11 from version 2 on. */
const isWhole = (bytes: Buffer): boolean =>
  bytes.length >= 12 && bytes.length >= (bytes[6]! >= 2 ? 12 + bytes.readUInt32LE(8) : 10 + bytes.readUInt16LE(8))

async function readArray(
  source: NodeJS.ReadableStream,
  { name, where, entry, signal }: Named & { readonly entry: Entry; readonly signal: AbortSignal | undefined },
): Promise<NpyArray> {
  const { header, rest, stream } = await readHeader(source, { name, where })
  const size = bytesOfArray(header.dtype, header.shape)
  const refuse = (got: number): RefusedInputError =>
    new RefusedInputError(`${quoteFromFile(name)} is no array that can be read here.`, {
      wanted: `${bytesText(size ?? 0)} of data for the shape (${header.shape.join(', ')})`,
      got: bytesText(got),
      where,
      action: 'Save the arrays again with numpy.savez.',
    })
  // Before the memory is taken: the archive's own word on the size, which the unpacking holds it to.
  if (size === null || size !== entry.uncompressedSize - header.start)
    throw refuse(entry.uncompressedSize - header.start)
  const bytes = new Uint8Array(size)
  const yielding = createYielding(signal)
  let filled = 0
  for (let chunk: Buffer | null = rest; chunk !== null;) {
    if (filled + chunk.length > size) throw refuse(filled + chunk.length)
    bytes.set(chunk, filled)
    filled += chunk.length
    if (yielding.due()) await yielding.pause()
    const next = await stream.next()
    chunk = next.done === true ? null : next.value
  }
  return (filled === size && arrayOfBuffer(header, bytes.buffer)) || Promise.reject(refuse(filled))
}
