/** NumPy's .npy arrays of plain numbers. Object arrays hold pickles: they are refused, never read. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import { bytesText, readWhole } from '../../../weights/byteSource'

type Numbers = Uint8Array | Int8Array | Int16Array | Int32Array | Float32Array | Float64Array | BigInt64Array

export interface NpyArray {
  readonly shape: readonly number[]
  readonly dtype: string
  readonly data: Numbers
}

const magic = Buffer.from('\x93NUMPY', 'latin1')
const views: Record<string, { bytes: number; view: (buffer: ArrayBuffer, length: number) => Numbers }> = {
  '|u1': { bytes: 1, view: (buffer, length) => new Uint8Array(buffer, 0, length) },
  '|b1': { bytes: 1, view: (buffer, length) => new Uint8Array(buffer, 0, length) },
  '|i1': { bytes: 1, view: (buffer, length) => new Int8Array(buffer, 0, length) },
  '<i2': { bytes: 2, view: (buffer, length) => new Int16Array(buffer, 0, length) },
  '<i4': { bytes: 4, view: (buffer, length) => new Int32Array(buffer, 0, length) },
  '<i8': { bytes: 8, view: (buffer, length) => new BigInt64Array(buffer, 0, length) },
  '<f4': { bytes: 4, view: (buffer, length) => new Float32Array(buffer, 0, length) },
  '<f8': { bytes: 8, view: (buffer, length) => new Float64Array(buffer, 0, length) },
}

/** @throws RefusedInputError when the bytes are no whole array of plain numbers in C order */
export function parseNpy(bytes: Uint8Array, name: string, where: string): NpyArray {
  const refuse = (wanted: string, got: string): never => {
    throw new RefusedInputError(`${quoteFromFile(name)} is no array that can be read here.`, {
      wanted,
      got,
      where,
      action: 'Save it with numpy.save as uint8 or float32.',
    })
  }
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  if (buffer.length < 10 || !buffer.subarray(0, 6).equals(magic)) return refuse('a .npy file', 'other bytes')
  const wide = buffer[6]! >= 2
  const start = wide ? 12 : 10
  const headerLength = wide ? (buffer.length < 12 ? buffer.length : buffer.readUInt32LE(8)) : buffer.readUInt16LE(8)
  if (headerLength > 1 << 16 || start + headerLength > buffer.length)
    return refuse('a whole header', `${bytesText(buffer.length)} in all`)
  const header = buffer.toString('latin1', start, start + headerLength)
  const dtype = /'descr':\s*'([^']{1,20})'/.exec(header)?.[1]
  const order = /'fortran_order':\s*(True|False)/.exec(header)?.[1]
  const dimensions = /'shape':\s*\(([\d,\s]*)\)/.exec(header)?.[1]
  if (dtype === undefined || order === undefined || dimensions === undefined)
    return refuse('type, order and shape in the header', quoteFromFile(header))
  const kind = views[dtype]
  if (!kind)
    return refuse(
      `one of ${Object.keys(views).join(', ')}`,
      `${quoteFromFile(dtype)}${dtype.includes('O') ? ' (objects, which could run code)' : ''}`,
    )
  if (order === 'True') return refuse('row-major order', 'Fortran order')
  const shape = dimensions
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map(Number)
  const length = shape.reduce((product, size) => product * size, 1)
  if (!Number.isSafeInteger(length) || length * kind.bytes !== buffer.length - start - headerLength) {
    return refuse(
      `${bytesText(length * kind.bytes)} of data for the shape (${shape.join(', ')})`,
      bytesText(buffer.length - start - headerLength),
    )
  }
  const data = new ArrayBuffer(length * kind.bytes)
  new Uint8Array(data).set(buffer.subarray(start + headerLength))
  return { shape, dtype, data: kind.view(data, length) }
}

/** Reads a .npy file of at most `limit` bytes. */
export async function readNpy(path: string, limit: number): Promise<NpyArray> {
  return parseNpy(await readWhole(path, limit), path.split('/').at(-1) ?? path, path)
}
