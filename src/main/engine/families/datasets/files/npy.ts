/** NumPy's .npy arrays of plain numbers. Object arrays hold pickles: they are refused, never read. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { bytesText, readWhole } from '../../../weights/byteSource'

export type Numbers =
  | Uint8Array
  | Int8Array
  | Int16Array
  | Uint16Array
  | Int32Array
  | Uint32Array
  | BigInt64Array
  | Float32Array
  | Float64Array

export interface NpyArray {
  readonly shape: readonly number[]
  readonly dtype: string
  /** Row-major. */
  readonly data: Numbers
}

const magic = Buffer.from('\x93NUMPY', 'latin1')
const views: Record<string, { bytes: number; view: (buffer: ArrayBuffer) => Numbers }> = {
  '|u1': { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  '|b1': { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  '|i1': { bytes: 1, view: (buffer) => new Int8Array(buffer) },
  '<i2': { bytes: 2, view: (buffer) => new Int16Array(buffer) },
  '<u2': { bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  '<i4': { bytes: 4, view: (buffer) => new Int32Array(buffer) },
  '<u4': { bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  '<i8': { bytes: 8, view: (buffer) => new BigInt64Array(buffer) },
  // Below 2⁶³ the same; pixels and labels are.
  '<u8': { bytes: 8, view: (buffer) => new BigInt64Array(buffer) },
  '<f4': { bytes: 4, view: (buffer) => new Float32Array(buffer) },
  '<f8': { bytes: 8, view: (buffer) => new Float64Array(buffer) },
}
/** NumPy's names of the types that are read here. */
export const numberTypes: readonly string[] = Object.keys(views)

/** Number of elements. */
export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, length) => product * length, 1)

/** How many bytes an array takes; null for a type that is not read here. */
export function bytesOfArray(dtype: string, shape: readonly number[]): number | null {
  const bytes = (views[dtype]?.bytes ?? NaN) * sizeOf(shape)
  return Number.isSafeInteger(bytes) ? bytes : null
}

/** Fortran order to C order: element (i₀, i₁, …) lies at i₀ + n₀ (i₁ + n₁ (…)). */
function toRowMajor(data: Numbers, shape: readonly number[]): Numbers {
  const sorted = data.slice()
  const strides = shape.map((_, axis) => sizeOf(shape.slice(0, axis)))
  const index = shape.map(() => 0)
  for (let place = 0, from = 0; place < data.length; place++) {
    sorted[place] = data[from]!
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += strides[axis]!
      if (++index[axis]! < shape[axis]!) break
      from -= strides[axis]! * shape[axis]!
      index[axis] = 0
    }
  }
  return sorted
}

interface StoredArray {
  readonly dtype: string
  readonly shape: readonly number[]
  readonly fortranOrder: boolean
  readonly bytes: Uint8Array
}

/** An array whose bytes, as they are stored, are the whole of `buffer`; null where type or size do not fit. */
export function arrayOfBuffer(stored: Omit<StoredArray, 'bytes'>, buffer: ArrayBuffer): NpyArray | null {
  const { dtype, shape, fortranOrder } = stored
  const kind = views[dtype]
  if (!kind || bytesOfArray(dtype, shape) !== buffer.byteLength) return null
  const data = kind.view(buffer)
  return { shape, dtype, data: fortranOrder && shape.length > 1 ? toRowMajor(data, shape) : data }
}

/** The numbers of an array out of a copy of its bytes; null where type or size do not fit. */
export function arrayOfBytes({ bytes, ...stored }: StoredArray): NpyArray | null {
  if (bytesOfArray(stored.dtype, stored.shape) !== bytes.length) return null
  const copy = new ArrayBuffer(bytes.length)
  new Uint8Array(copy).set(bytes)
  return arrayOfBuffer(stored, copy)
}

export interface NpyHeader extends Omit<StoredArray, 'bytes'> {
  /** Where the data begin. */
  readonly start: number
}

const spaces = '[ \\t\\r\\n\\f]*'
const size = `${spaces}(?:0|[1-9]\\d{0,15})`
/** One entry of a header's dictionary: a type in quotes, a truth value, or a tuple of sizes. */
const entryPattern = new RegExp(
  `${spaces}'(descr|fortran_order|shape)'${spaces}:${spaces}` +
    `(?:'([^'\\\\]{1,20})'|(True|False)|\\(((?:${size}${spaces},)*(?:${size})?${spaces})\\))` +
    `${spaces}(?:,|(?=\\}))`,
  'y',
)
const endPattern = new RegExp(`^${spaces}\\}${spaces}$`)

/** The three entries of a header, in any order; null for what NumPy would not read as a dictionary of these. */
function entriesOf(header: string): { dtype: string; order: string; shape: number[] } | null {
  const found: Partial<Record<string, string>> = {}
  let at = /^[ \t]*\{/.exec(header)?.[0].length ?? -1
  for (let count = 0; count < 3 && at > 0; count++) {
    entryPattern.lastIndex = at
    const [whole, key = '', dtype, order, shape] = entryPattern.exec(header) ?? []
    const value = { descr: dtype, fortran_order: order, shape }[key]
    if (whole === undefined || value === undefined || found[key] !== undefined) return null
    found[key] = value
    at += whole.length
  }
  const { descr: dtype, fortran_order: order, shape } = found
  if (dtype === undefined || order === undefined || shape === undefined) return null
  if (!endPattern.test(header.slice(at))) return null
  const sizes = shape.split(',').map((part) => part.trim())
  // (5) is a number in Python, (5,) a shape; () is that of a single number.
  if (sizes.length === 1 && sizes[0] !== '') return null
  return { dtype, order, shape: sizes.filter((part) => part !== '').map(Number) }
}

/** @throws RefusedInputError when the bytes begin no array of plain numbers */
export function parseNpyHeader(bytes: Uint8Array, name: string, where: string): NpyHeader {
  const refuse = (wanted: string, got: string): never => refuseArray(name, where, { wanted, got })
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length < 10 || !buffer.subarray(0, 6).equals(magic)) return refuse('a .npy file', 'other bytes')
  if (![1, 2, 3].includes(buffer[6]!) || buffer[7] !== 0)
    return refuse('version 1.0, 2.0 or 3.0', `version ${buffer[6]}.${buffer[7]}`)
  const wide = buffer[6]! >= 2
  const start = wide ? 12 : 10
  const headerLength = wide ? (buffer.length < 12 ? buffer.length : buffer.readUInt32LE(8)) : buffer.readUInt16LE(8)
  if (headerLength > 1 << 16 || start + headerLength > buffer.length)
    return refuse('a whole header', `${bytesText(buffer.length)} in all`)
  const header = buffer.toString('latin1', start, start + headerLength)
  const entries = entriesOf(header)
  if (entries === null) return refuse('type, order and shape in the header, and nothing else', quoteFromFile(header))
  const { dtype, order, shape } = entries
  if (!views[dtype])
    return refuse(
      `one of ${numberTypes.join(', ')}`,
      `${quoteFromFile(dtype)}${dtype.includes('O') ? ' (objects, which could run code)' : ''}`,
    )
  return { dtype, shape, fortranOrder: order === 'True', start: start + headerLength }
}

function refuseArray(name: string, where: string, details: { wanted: string; got: string }): never {
  throw new RefusedInputError(`${quoteFromFile(name)} is no array that can be read here.`, {
    ...details,
    where,
    action: 'Save it with numpy.save as uint8 or float32.',
  })
}

/** @throws RefusedInputError when the bytes are no whole array of plain numbers */
export function parseNpy(bytes: Uint8Array, name: string, where: string): NpyArray {
  const { start, ...header } = parseNpyHeader(bytes, name, where)
  const { shape, dtype } = header
  const wanted = bytesOfArray(dtype, shape) ?? NaN
  return (
    arrayOfBytes({ ...header, bytes: bytes.subarray(start) }) ??
    refuseArray(name, where, {
      wanted: `${bytesText(wanted)} of data for the shape (${shape.join(', ')})`,
      got: bytesText(bytes.length - start),
    })
  )
}

/** Reads a .npy file of at most `limit` bytes. */
export async function readNpy(path: string, limit: number): Promise<NpyArray> {
  return parseNpy(await readWhole(path, limit), path.split('/').at(-1) ?? path, path)
}
