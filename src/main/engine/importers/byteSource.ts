/** Random access to a file that is being imported: read what is needed, never the whole of an unknown file. */
import { createHash } from 'node:crypto'
import { constants } from 'node:fs'
import { open, type FileHandle } from 'node:fs/promises'
import { basename } from 'node:path'
import { RefusedInputError, UserError } from '../../../shared/errors'
import { quoteFromFile } from './quote'

export interface ByteSource {
  /** File name for messages, without its folder. */
  readonly name: string
  readonly size: number
  /** The bytes [offset, offset + length) in a buffer of their own that starts at its ArrayBuffer's first byte. */
  read(offset: number, length: number): Promise<Buffer>
}

export interface FileSource extends ByteSource {
  /** SHA-256 of the whole file, lower-case hexadecimal. */
  sha256(): Promise<string>
  /** @throws RefusedInputError when the file was written to since it was opened. */
  assertUnchanged(): Promise<void>
  close(): Promise<void>
}

const hashChunkBytes = 1 << 20

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
        wanted: 'a file', got: opened.isDirectory() ? 'a folder' : 'a pipe, device or socket', where: path,
      })
    }
    const size = Number(opened.size)
    const read = (offset: number, length: number) => readExactly(handle, name, size, offset, length)
    return {
      name,
      size,
      read,
      sha256: () => hashOf(size, read),
      assertUnchanged: async () => {
        const now = await handle.stat({ bigint: true })
        if (now.size !== opened.size || now.mtimeNs !== opened.mtimeNs) {
          throw new RefusedInputError(`${quoteFromFile(name)} changed while it was being read.`, {
            where: path, action: 'Import it again when nothing writes to it.',
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

/** The same access over bytes in memory. */
export function memorySource(bytes: Uint8Array, name = 'memory'): ByteSource {
  return {
    name,
    size: bytes.byteLength,
    read: async (offset, length) => {
      assertInside(name, bytes.byteLength, offset, length)
      const copy = Buffer.from(new ArrayBuffer(length))
      copy.set(bytes.subarray(offset, offset + length))
      return copy
    },
  }
}

async function openWithoutBlocking(path: string, name: string): Promise<FileHandle> {
  try {
    // A named pipe without a writer would block the open for ever.
    return await open(path, constants.O_RDONLY | constants.O_NONBLOCK)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'
    throw new RefusedInputError(`${quoteFromFile(name)} cannot be opened (${code}).`, {
      wanted: 'a readable file', got: code, where: path, cause: error,
    })
  }
}

async function readExactly(handle: FileHandle, name: string, size: number, offset: number, length: number): Promise<Buffer> {
  assertInside(name, size, offset, length)
  const buffer = Buffer.from(new ArrayBuffer(length))
  let filled = 0
  while (filled < length) {
    const { bytesRead } = await handle.read(buffer, filled, length - filled, offset + filled)
    if (bytesRead === 0) {
      throw new RefusedInputError(`${quoteFromFile(name)} became shorter while it was being read.`, {
        wanted: `${size} bytes`, got: `${offset + filled} bytes`,
      })
    }
    filled += bytesRead
  }
  return buffer
}

function assertInside(name: string, size: number, offset: number, length: number): void {
  if (Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0 && offset + length <= size) return
  throw new UserError(`A read outside ${quoteFromFile(name)} was asked for.`, {
    wanted: `bytes within 0 to ${size}`, got: `${length} bytes at ${offset}`,
  })
}

async function hashOf(size: number, read: ByteSource['read']): Promise<string> {
  const hash = createHash('sha256')
  for (let offset = 0; offset < size; offset += hashChunkBytes) {
    hash.update(await read(offset, Math.min(hashChunkBytes, size - offset)))
  }
  return hash.digest('hex')
}
