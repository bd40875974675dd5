/** Bytes in order out of a file or a packed part of it: unpacked in pieces, as far as they are asked for. */
import type { Transform } from 'node:stream'
import type { Yielding } from '../../../images/yielding'
import { bytesText } from '../../../weights/byteSource'

/** What DEFLATE can make of a byte at most. */
const largestRatio = 1032
const pieceBytes = 1 << 18

/** Bytes that do not come as they should. The message says what came instead; who reads says of what file. */
export class UnpackingError extends Error {
  constructor(
    readonly wanted: string,
    readonly got: string,
    options?: ErrorOptions,
  ) {
    super(got, options)
  }
}

/** What may be unpacked of all parts of a file together. */
export interface UnpackingBudget {
  /** To be called before the memory is taken. @throws UnpackingError where too little is left */
  spend(bytes: number): void
}

export function createUnpackingBudget(limit: number): UnpackingBudget {
  let left = limit
  return {
    spend(bytes) {
      if (bytes > left) throw new UnpackingError(`at most ${bytesText(limit)} unpacked in all`, 'more')
      left -= bytes
    },
  }
}

export interface ByteReader {
  /** The next bytes; those that were packed in memory of their own. @throws UnpackingError where they end before */
  read(length: number): Promise<Buffer>
  /** Reads over bytes without keeping them. */
  skip(length: number): Promise<void>
  /** Whether all bytes were read; of packed ones their checksum too. */
  atEnd(): Promise<boolean>
  /** To be called when nothing more is wanted. */
  close(): void
}

const endsEarly = (wanted: number, got: number): UnpackingError =>
  new UnpackingError(`${bytesText(wanted)} more`, `${bytesText(got)} to the end`)

/** Bytes that are there. */
export function readerOf(bytes: Buffer): ByteReader {
  let at = 0
  const take = (length: number): Buffer => {
    if (length > bytes.length - at) throw endsEarly(length, bytes.length - at)
    at += length
    return bytes.subarray(at - length, at)
  }
  // Promises that are refused, as those of packed bytes are.
  return {
    read: (length) => new Promise((resolve) => resolve(take(length))),
    skip: (length) => new Promise((resolve) => resolve(void take(length))),
    atEnd: () => Promise.resolve(at === bytes.length),
    close: () => undefined,
  }
}

export interface Unpacking {
  readonly budget: UnpackingBudget
  readonly yielding: Yielding
}

/**
 * Bytes that `unpacker` makes of `packed` (createInflate, createGunzip), a quarter of a megabyte at a time on another
 * thread. Memory is taken for what is read, after the budget and what so few bytes can hold at most allow it.
 */
export function unpackingReader(unpacker: Transform, packed: Buffer, { budget, yielding }: Unpacking): ByteReader {
  const pieces = unpacker[Symbol.asyncIterator]() as AsyncIterator<Buffer>
  let left = packed.length * largestRatio
  let piece: Buffer = Buffer.alloc(0)
  // What goes wrong before the first piece is asked for comes with that.
  unpacker.on('error', () => undefined)
  unpacker.end(packed)

  /** The next piece, or null at the end. */
  async function more(): Promise<Buffer | null> {
    if (yielding.due()) await yielding.pause()
    const next = await pieces.next().catch((error: unknown) => {
      throw new UnpackingError('whole packed data', error instanceof Error ? error.message : String(error), {
        cause: error,
      })
    })
    return next.done === true ? null : next.value
  }

  async function take(length: number, use: (part: Buffer, done: number) => void): Promise<void> {
    if (length > left) throw endsEarly(length, left)
    left -= length
    budget.spend(length)
    for (let done = 0; done < length;) {
      if (piece.length === 0) piece = (await more()) ?? piece
      if (piece.length === 0) throw endsEarly(length, done)
      const part = piece.subarray(0, length - done)
      use(part, done)
      piece = piece.subarray(part.length)
      done += part.length
    }
  }
  return {
    async read(length) {
      let bytes: Buffer | null = null
      await take(length, (part, done) => {
        // Here, behind the checks, with all of it at once.
        bytes ??= Buffer.from(new ArrayBuffer(length))
        bytes.set(part, done)
      })
      return bytes ?? Buffer.alloc(0)
    },
    skip: (length) => take(length, () => undefined),
    async atEnd() {
      if (piece.length === 0) piece = (await more()) ?? piece
      return piece.length === 0
    },
    close: () => unpacker.destroy(),
  }
}

/** Options of zlib's streams: pieces that control has time between. */
export const unpackedPieces = { chunkSize: pieceBytes } as const
