/** Reads a pickle program's bytes in order; every read is checked against the end. */
import { quoteFromFile } from '../../../weights/fileText'
import { refusePickle } from './refusal'

const longestLine = 4_096
const longestInteger = 64
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export interface Cursor {
  readonly at: number
  byte(): number
  unsigned(bytes: 1 | 2 | 4): number
  /** 8 bytes, refused beyond what the program can hold. */
  length8(): number
  signed32(): number
  float64(): number
  /** Up to the next line feed, ASCII only. */
  line(): string
  utf8(length: number): string
  latin1(length: number): string
  skip(length: number): void
  /**
   * Begins a frame of `length` bytes here (protocol 4). Frames are as strict as in Python's own reader (pickle.py,
   * _Unframer): none begins within another, and no value reaches over the end of one.
   */
  frame(length: number): void
  /** @throws RefusedInputError where the last frame reaches beyond here */
  endFrame(): void
  /** A little-endian two's complement integer. */
  integer(length: number): number | bigint
}

/** Where the next byte is read; `take` alone moves it on. */
interface Position {
  readonly bytes: Buffer
  at: number
  /** Where the frame ends that `at` lies in; null outside one. */
  frameEnd: number | null
}

export function createCursor(bytes: Buffer, start: number): Cursor {
  const position: Position = { bytes, at: start, frameEnd: null }
  const next = (length: number): number => take(position, length)
  return {
    get at() {
      return position.at
    },
    byte: () => bytes[next(1)] ?? 0,
    unsigned: (count) => bytes.readUIntLE(next(count), count),
    length8: () => readLength(position),
    signed32: () => bytes.readInt32LE(next(4)),
    float64: () => bytes.readDoubleBE(next(8)),
    line: () => readLine(position),
    utf8: (length) => readUtf8(position, length),
    latin1: (length) => {
      const from = next(length)
      return bytes.toString('latin1', from, from + length)
    },
    skip: (length) => {
      next(length)
    },
    frame: (length) => {
      requireFrameRead(position, 'A frame of the pickle begins within another.')
      position.frameEnd = position.at + length
    },
    endFrame: () => requireFrameRead(position, 'The pickle ends within a frame.'),
    integer: (length) => readInteger(position, length),
  }
}

/** The place of the next `length` bytes, which then lie behind. */
function take(position: Position, length: number): number {
  const { bytes, at } = position
  if (length > bytes.length - at)
    throw refusePickle('The pickle is truncated.', { wanted: `${length} more bytes`, got: `${bytes.length - at}`, at })
  if (position.frameEnd === at && length > 0) position.frameEnd = null
  if (position.frameEnd !== null && at + length > position.frameEnd)
    throw refusePickle('A value of the pickle reaches over the end of its frame.', {
      wanted: `at most ${position.frameEnd - at} bytes`,
      got: `${length}`,
      at,
    })
  position.at = at + length
  return at
}

function requireFrameRead({ at, frameEnd }: Position, message: string): void {
  if (frameEnd !== null && at < frameEnd)
    throw refusePickle(message, { wanted: `byte ${frameEnd}, where the frame ends`, got: `byte ${at}`, at })
}

function readLength(position: Position): number {
  const { bytes } = position
  const from = take(position, 8)
  const length = bytes.readBigUInt64LE(from)
  if (length > BigInt(bytes.length - position.at))
    throw refusePickle('The pickle claims more bytes than it has.', {
      wanted: `at most ${bytes.length - position.at}`,
      got: `${length}`,
      at: from,
    })
  return Number(length)
}

function readLine(position: Position): string {
  const { bytes, at } = position
  const end = bytes.indexOf(0x0a, at)
  if (end < 0 || end - at > longestLine)
    throw refusePickle('The pickle has a line without an end.', {
      wanted: `a line of at most ${longestLine} bytes`,
      at,
    })
  const from = take(position, end - at + 1)
  for (let index = from; index < end; index++) {
    if ((bytes[index] ?? 0) > 0x7e) {
      throw refusePickle('The pickle has a name that is not plain text.', {
        wanted: 'ASCII',
        got: quoteFromFile(bytes.toString('latin1', from, end)),
        at: from,
      })
    }
  }
  return bytes.toString('latin1', from, end)
}

function readUtf8(position: Position, length: number): string {
  const from = take(position, length)
  try {
    return decoder.decode(position.bytes.subarray(from, from + length))
  } catch (error) {
    if (error instanceof TypeError)
      throw refusePickle('The pickle has text that is not UTF-8.', { wanted: 'UTF-8', got: 'other bytes', at: from })
    throw error
  }
}

function readInteger(position: Position, length: number): number | bigint {
  if (length > longestInteger)
    throw refusePickle('The pickle has an integer of absurd size.', {
      wanted: `at most ${longestInteger} bytes`,
      got: `${length} bytes`,
      at: position.at,
    })
  const from = take(position, length)
  let value = 0n
  for (let index = length - 1; index >= 0; index--) value = (value << 8n) | BigInt(position.bytes[from + index] ?? 0)
  return narrow(BigInt.asIntN(length * 8, value))
}

/** A number where it is exact, a bigint elsewhere. */
export function narrow(value: bigint): number | bigint {
  const number = Number(value)
  return Number.isSafeInteger(number) ? number : value
}
