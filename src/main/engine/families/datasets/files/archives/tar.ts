import { createReadStream } from 'node:fs'
import { stat } from 'node:fs/promises'
import { Transform } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip } from 'node:zlib'
import { Parser, Unpack, type ReadEntry } from 'tar'
import { openFileSource } from '../../../../weights/byteSource'
import type { ArchiveGuard } from './guard'
import type { ListOptions, UnpackOptions } from './types'

/** Compressed bytes after which a list is long enough: a .tar.gz has its names between its files. */
const listedBytes = 256e6
const fileKinds = ['File', 'OldFile', 'ContiguousFile']

const kindOfEntry = (type: string): string =>
  fileKinds.includes(type) ? 'file' : type === 'Directory' ? 'folder' : type

async function isGzipped(path: string): Promise<boolean> {
  // Opening checks that it is a regular file before a byte of a pipe or device is read.
  const source = await openFileSource(path)
  try {
    return source.size > 1 && (await source.read(0, 2)).readUInt16BE() === 0x1f8b
  } finally {
    await source.close()
  }
}

/** Passes chunks on as long as `onBytes` says so, and swallows the rest. */
const watch = (onBytes: (bytes: number) => boolean): Transform =>
  new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (onBytes(chunk.length)) done(null, chunk)
      else done()
    },
  })

/** Why reading was ended before the archive's end. */
class Stop extends Error {}

/**
 * Streams an archive, gunzipped on another thread where it is gzipped, through `parser`.
 * @param halt ends it early; the reason is thrown, unless it is Stop
 */
async function stream(path: string, guard: ArchiveGuard, { parser, halt, signal, onRead }: Streaming): Promise<void> {
  let ended = false
  parser.on('eof', () => (ended = true))
  const archived = watch((bytes) => {
    onRead?.(bytes)
    return true
  })
  // The parser would copy what lies behind the archive's end again with every chunk, and no entry states its size.
  const unpacked = watch((bytes) => {
    const refusal = guard.admitBytes(bytes)
    if (refusal) halt.abort(refusal)
    return !ended
  })
  const gzipped = await isGzipped(path)
  const abort = AbortSignal.any(signal ? [halt.signal, signal] : [halt.signal])
  // The parser is a writable stream in all but its type.
  const target = parser as unknown as NodeJS.WritableStream
  const source = createReadStream(path, { highWaterMark: 1 << 18 })
  try {
    await (gzipped
      ? pipeline(source, archived, createGunzip(), unpacked, target, { signal: abort })
      : pipeline(source, archived, unpacked, target, { signal: abort }))
  } catch (error) {
    signal?.throwIfAborted()
    const reason: unknown = halt.signal.aborted ? halt.signal.reason : error
    if (!(reason instanceof Stop)) throw guard.explain(reason)
  }
}

interface Streaming {
  readonly parser: Parser
  readonly halt: AbortController
  readonly signal?: AbortSignal | undefined
  readonly onRead?: (bytes: number) => void
}

/** The admitted name of an entry; a refusal halts the reading. */
function admit(entry: ReadEntry, guard: ArchiveGuard, halt: AbortController): string | null {
  try {
    return guard.admit({ name: entry.path, size: entry.size, kind: kindOfEntry(entry.type) })
  } catch (error) {
    halt.abort(error)
    return null
  }
}

/** The names of its files, as far as they come within the first 256 MB. */
export async function listTar(path: string, guard: ArchiveGuard, { onName, signal }: ListOptions): Promise<boolean> {
  const halt = new AbortController()
  let complete = true
  let read = 0
  const enough = (): void => {
    complete = false
    halt.abort(new Stop())
  }
  const parser = new Parser({
    strict: true,
    onReadEntry: (entry) => {
      entry.resume()
      if (halt.signal.aborted) return
      const name = admit(entry, guard, halt)
      if (name !== null && !onName(name)) enough()
    },
  })
  await stream(path, guard, {
    parser,
    halt,
    signal,
    onRead: (bytes) => {
      read += bytes
      if (read > listedBytes) enough()
    },
  })
  return complete
}

/** Unpacks into a folder that is there and empty. Owners and modes of the archive are not taken over; times are. */
export async function unpackTar(path: string, guard: ArchiveGuard, options: UnpackOptions): Promise<void> {
  const { folder, signal, onFile } = options
  const halt = new AbortController()
  const { size } = await stat(path)
  let read = 0
  const parser = new Unpack({
    cwd: folder,
    strict: true,
    preserveOwner: false,
    filter: (_path, entry) => {
      if (halt.signal.aborted || !('path' in entry)) return false
      const name = admit(entry, guard, halt)
      if (name === null) return false
      entry.path = name
      entry.mode = 0o644
      return true
    },
  })
  await stream(path, guard, {
    parser,
    halt,
    signal,
    onRead: (bytes) => {
      read += bytes
      onFile?.(read, size)
    },
  })
}
