/**
 * NumPy's arrays and numbers in pickled files, as the restricted reader leaves them: what they were made with, never
 * called. Protocols 0 to 4 keep (version, shape, type, Fortran order, bytes) as state, protocol 5 calls _frombuffer;
 * protocols 0 to 2 of Python 3 write bytes as text that `_codecs.encode` is to turn back.
 */
import type { PickleValue } from '../../importers/pickle/values'
import { arrayOfBytes, sizeOf, type NpyArray } from './npy'

export const isPickled = <K extends string>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> =>
  value !== undefined && value !== null && typeof value === 'object' && value.kind === kind

export const itemsOf = (value: PickleValue | undefined): readonly PickleValue[] =>
  isPickled(value, 'tuple') || isPickled(value, 'list') ? value.items : []

/** What an object was made with, where it is of a class of this name (whatever package keeps it), else null. */
const madeOf = (value: PickleValue | undefined, name: string): readonly PickleValue[] | null =>
  isPickled(value, 'opaque') && value.className.endsWith(`.${name}`) ? (value.args ?? null) : null

/** Of names, types and numbers: a file may repeat one long text without end. */
const longestText = 4096

/** One byte a character. */
function bytesOfText(text: string, longest: number): Buffer | null {
  if (text.length > longest) return null
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 0xff) return null
  return Buffer.from(text, 'latin1')
}

/**
 * UTF-8 of characters up to 255 as one byte each; null where there are others. Pixels of a whole batch are so much text
 * that making it first would block for half a second.
 */
function latin1OfUtf8(text: Buffer): Buffer | null {
  const bytes = Buffer.allocUnsafe(text.length)
  let length = 0
  for (let at = 0; at < text.length; at++) {
    const byte = text[at]!
    if (byte < 0x80) bytes[length++] = byte
    else {
      const next = text[++at] ?? 0
      if ((byte !== 0xc2 && byte !== 0xc3) || (next & 0xc0) !== 0x80) return null
      bytes[length++] = ((byte & 3) << 6) | (next & 0x3f)
    }
  }
  return bytes.subarray(0, length)
}

/** Bytes, however the protocol writes them; Python 2's text is bytes. */
function pickledBytes(value: PickleValue | undefined, program: Buffer, longest: number): Buffer | null {
  if (typeof value === 'string') return bytesOfText(value, longest)
  if (isPickled(value, 'bytes')) {
    const bytes = program.subarray(value.at, value.at + value.length)
    if (!value.utf8) return bytes
    // At most two bytes a character.
    return bytes.length > 2 * longest ? null : latin1OfUtf8(bytes)
  }
  const encoded = madeOf(value, 'encode')
  if (encoded) return /^latin-?1$/.test(String(encoded[1])) ? pickledBytes(encoded[0], program, longest) : null
  return madeOf(value, 'bytes')?.length === 0 ? Buffer.alloc(0) : null
}

/** Text, or bytes of it as Python 3 has them after `encoding='bytes'`. */
export function pickledText(value: PickleValue | undefined, program: Buffer): string | null {
  if (typeof value === 'string') return value
  const bytes = pickledBytes(value, program, longestText)
  return bytes && bytes.length <= longestText ? bytes.toString('latin1') : null
}

/** NumPy's name of a type, '<i8': made from its letters, the byte order is the second part of its state. */
function typeOf(value: PickleValue | undefined, program: Buffer): string | null {
  const letters = pickledText(madeOf(value, 'dtype')?.[0], program)
  if (letters === null) return null
  const order = isPickled(value, 'opaque') ? pickledText(itemsOf(value.state)[1], program) : null
  return `${/1$/.test(letters) ? '|' : order === '>' ? '>' : '<'}${letters}`
}

const shapeOf = (value: PickleValue | undefined): number[] | null => {
  const shape = itemsOf(value)
  return shape.every((size) => typeof size === 'number' && Number.isSafeInteger(size) && size >= 0)
    ? (shape as number[])
    : null
}

/** An array of plain numbers; null for anything else, objects and big-endian numbers among it. */
export function pickledArray(value: PickleValue | undefined, program: Buffer): NpyArray | null {
  const read = (parts: Record<'shape' | 'type' | 'data', PickleValue | undefined>, fortranOrder: boolean) => {
    const [shape, dtype, bytes] = [
      shapeOf(parts.shape),
      typeOf(parts.type, program),
      pickledBytes(parts.data, program, Infinity),
    ]
    return shape && dtype !== null && bytes ? arrayOfBytes({ shape, dtype, bytes, fortranOrder }) : null
  }
  const buffered = madeOf(value, '_frombuffer')
  if (buffered) {
    const [data, type, shape, order] = buffered
    return read({ shape, type, data }, order === 'F')
  }
  const state = isPickled(value, 'opaque') ? itemsOf(value.state) : []
  const [, shape, type, fortranOrder, data] = state
  return state.length === 5 && typeof fortranOrder === 'boolean' ? read({ shape, type, data }, fortranOrder) : null
}

/** A number, or one of NumPy's. */
export function pickledNumber(value: PickleValue | undefined, program: Buffer): number | null {
  if (typeof value === 'number') return value
  if (isPickled(value, 'float')) return value.value
  const [type, data] = madeOf(value, 'scalar') ?? []
  const dtype = typeOf(type, program)
  const bytes = pickledBytes(data, program, longestText)
  const number =
    dtype !== null && bytes ? arrayOfBytes({ shape: [], dtype, bytes, fortranOrder: false })?.data[0] : null
  return number === undefined || number === null ? null : Number(number)
}

/**
 * Numbers in a row: a list or tuple of numbers, Python's or NumPy's, or an array of one column. What is no number is
 * NaN; null where it is no row.
 */
export function pickledNumbers(value: PickleValue | undefined, program: Buffer): number[] | null {
  if (isPickled(value, 'list') || isPickled(value, 'tuple'))
    return value.items.map((item) => pickledNumber(item, program) ?? NaN)
  const array = pickledArray(value, program)
  if (!array || sizeOf(array.shape) !== array.shape[0]) return null
  return Array.from(array.data as ArrayLike<number | bigint>, Number)
}
