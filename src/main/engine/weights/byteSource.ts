/** Random access to a file that is being imported: read what is needed, never the whole of an unknown file. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { RefusedInputError, UserError } from '../../../shared/errors'
import { quoteFromFile } from './fileText'

export interface ByteSource {
  /** File name for messages, without its folder. */
  readonly name: string
  readonly size: number
  /** The bytes [offset, offset + length) in a buffer of their own that starts at its ArrayBuffer's first byte. */
  read(offset: number, length: number): Promise<Buffer>
  /** Fills `target` with the bytes from `offset` on. */
  fill(target: Uint8Array, offset: number): Promise<void>
}

export interface FileSource extends ByteSource {
  /** SHA-256 of the whole file, lower-case hexadecimal. */
  sha256(): Promise<string>
  /** @throws RefusedInputError when the file was written to since it was opened. */
  assertUnchanged(): Promise<void>
  close(): Promise<void>
}

const chunkBytes = 1 << 20

/**
 * Opens a regular file. Pipes, devices, folders and sockets are refused before a byte is read.
 * @throws RefusedInputError when the file is absent, unreadable or not a regular file
 */
export async function openFileSource(path: string): Promise<FileSource> {
  const name = basename(path)
  const handle = await openWithoutBlocking(path, name)
  try {
    const opened = await handle.stat({ bigint: true })
    if (!opened.isFile()) {
      throw new RefusedInputError(`${quoteFromFile(name)} is not a regular file.`, {
        wanted: 'a file',
        got: opened.isDirectory() ? 'a folder' : 'a pipe, device or socket',
        where: path,
      })
    }
    const size = Number(opened.size)
    const fill = (target: Uint8Array, offset: number) => fillExactly({ handle, name, size }, target, offset)
    const source: ByteSource = { name, size, fill, read: (offset, length) => readExactly(source, offset, length) }
    return {
      ...source,
      sha256: () => hashOf(source),
      assertUnchanged: async () => {
        const now = await handle.stat({ bigint: true })
        if (now.size !== opened.size || now.mtimeNs !== opened.mtimeNs) {
          throw new RefusedInputError(`${quoteFromFile(name)} changed while it was being read.`, {
            where: path,
            action: 'Import it again when nothing writes to it.',
          })
        }
      },
      close: () => handle.close(),
    }
  } catch (error) {
    await handle.close()
    throw error
  }
}

/** The bytes [offset, offset + length) piece by piece, at most 1 MB each. A piece holds until the next is asked for. */
export async function* chunksOf(source: ByteSource, offset: number, length: number): AsyncGenerator<Uint8Array> {
  const scratch = new Uint8Array(Math.min(chunkBytes, length))
  for (let done = 0; done < length; done += scratch.length) {
    const chunk = scratch.subarray(0, Math.min(scratch.length, length - done))
    await source.fill(chunk, offset + done)
    yield chunk
  }
}

async function openWithoutBlocking(path: string, name: string): Promise<FileHandle> {
  try {
    // A named pipe without a writer would block the open for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new RefusedInputError(`${quoteFromFile(name)} cannot be opened (${code}).`, {
      wanted: 'a readable file',
      got: code,
      where: path,
      cause: error,
    })
  }
}

async function readExactly({ name, size, fill }: ByteSource, offset: number, length: number): Promise<Buffer> {
  // Before the buffer is made: a length from the file may be absurd.
  assertInside(name, size, offset, length)
  const buffer = Buffer.from(new ArrayBuffer(length))
  await fill(buffer, offset)
  return buffer
}

interface OpenedFile {
  readonly handle: FileHandle
  readonly name: string
  readonly size: number
}

async function fillExactly({ handle, name, size }: OpenedFile, target: Uint8Array, offset: number): Promise<void> {
  assertInside(name, size, offset, target.byteLength)
  let filled = 0
  while (filled < target.byteLength) {
    const { bytesRead } = await handle.read(target, filled, target.byteLength - filled, offset + filled)
    if (bytesRead === 0) {
      throw new RefusedInputError(`${quoteFromFile(name)} became shorter while it was being read.`, {
        wanted: `${size} bytes`,
        got: `${offset + filled} bytes`,
      })
    }
    filled += bytesRead
  }
}

function assertInside(name: string, size: number, offset: number, length: number): void {
  if (
    Number.isSafeInteger(offset) &&
    Number.isSafeInteger(length) &&
    offset >= 0 &&
    length >= 0 &&
    offset + length <= size
  )
    return
  throw new UserError(`A read outside ${quoteFromFile(name)} was asked for.`, {
    wanted: `bytes within 0 to ${size}`,
    got: `${length} bytes at ${offset}`,
  })
}

async function hashOf(source: ByteSource): Promise<string> {
  const hash = createHash('sha256')
  for await (const chunk of chunksOf(source, 0, source.size)) hash.update(chunk)
  return hash.digest('hex')
}

export const bytesText = (bytes: number): string => `${bytes.toLocaleString('en-US')} bytes`

/** Reads a whole regular file of at most `limit` bytes. */
export async function readWhole(path: string, limit: number): Promise<Uint8Array> {
  const source = await openFileSource(path)
  try {
    if (source.size > limit) {
      throw new RefusedInputError(`${quoteFromFile(source.name)} is larger than such a file can be.`, {
        wanted: `at most ${bytesText(limit)}`,
        got: bytesText(source.size),
        where: path,
      })
    }
    return await source.read(0, source.size)
  } finally {
    await source.close()
  }
}
