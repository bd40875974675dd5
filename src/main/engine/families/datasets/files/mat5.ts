/**
 * Numeric arrays out of MATLAB level 5 files (.mat as saved by "-v5", "-v6" and "-v7"; not the HDF5 of "-v7.3").
 * Only numeric matrices are read; structures, cells, text and objects are skipped. Layout: MathWorks, "MAT-File
 * Format", level 5.
 */
import { promisify } from 'node:util'
import { inflate as inflateWithCallback } from 'node:zlib'
import { RefusedInputError } from '../../../../../shared/errors'
import { describeFirstBytes, quoteFromFile } from '../../../weights/fileText'
import { bytesText } from '../../../weights/byteSource'

const inflate = promisify(inflateWithCallback)
const compressedType = 15
const matrixType = 14
const headerBytes = 128
/** double … uint32 in the array flags. */
const numericClasses = { first: 6, last: 13 }

export interface MatMatrix {
  readonly shape: readonly number[]
  /** Column-major, as MATLAB stores it. */
  readonly data:
    Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array
}

interface Element {
  readonly type: number
  readonly data: Buffer
  readonly next: number
}

/** Data types of the file format to views of aligned copies. */
const viewsByType: Record<number, (buffer: ArrayBuffer) => MatMatrix['data']> = {
  1: (buffer) => new Int8Array(buffer),
  2: (buffer) => new Uint8Array(buffer),
  3: (buffer) => new Int16Array(buffer),
  4: (buffer) => new Uint16Array(buffer),
  5: (buffer) => new Int32Array(buffer),
  6: (buffer) => new Uint32Array(buffer),
  7: (buffer) => new Float32Array(buffer),
  9: (buffer) => new Float64Array(buffer),
}

function readElement(bytes: Buffer, offset: number, refuse: (wanted: string, got: string) => never): Element {
  if (offset + 8 > bytes.length) return refuse('whole elements', `${bytesText(bytes.length - offset)} at the end`)
  const first = bytes.readUInt32LE(offset)
  const small = first >>> 16
  if (small !== 0) {
    if (small > 4) return refuse('small elements of at most 4 bytes', bytesText(small))
    return { type: first & 0xffff, data: bytes.subarray(offset + 4, offset + 4 + small), next: offset + 8 }
  }
  const size = bytes.readUInt32LE(offset + 4)
  if (offset + 8 + size > bytes.length)
    return refuse(`an element of ${bytesText(size)}`, `${bytesText(bytes.length - offset - 8)} to the end of the file`)
  // Elements are padded to 8 bytes, compressed ones are not.
  const padding = first === compressedType ? 0 : (8 - (size % 8)) % 8
  return { type: first, data: bytes.subarray(offset + 8, offset + 8 + size), next: offset + 8 + size + padding }
}

function readMatrix(bytes: Buffer, refuse: (wanted: string, got: string) => never): [string, MatMatrix] | null {
  const flags = readElement(bytes, 0, refuse)
  const kind = flags.data.length >= 4 ? flags.data[0]! : 0
  const dimensions = readElement(bytes, flags.next, refuse)
  const name = readElement(bytes, dimensions.next, refuse)
  if (kind < numericClasses.first || kind > numericClasses.last) return null
  const values = readElement(bytes, name.next, refuse)
  const view = viewsByType[values.type]
  const shape = Array.from({ length: dimensions.data.length / 4 }, (_, index) => dimensions.data.readInt32LE(index * 4))
  if (!view) return refuse('numbers', `data of type ${values.type}`)
  // Bytes need no alignment: the largest matrices, images, are not copied.
  const data =
    values.type === 2
      ? new Uint8Array(values.data.buffer, values.data.byteOffset, values.data.length)
      : view(new Uint8Array(values.data).buffer)
  const wanted = shape.reduce((product, size) => product * size, 1)
  if (data.length !== wanted)
    return refuse(
      `${wanted.toLocaleString('en-US')} values for ${shape.join(' × ')}`,
      `${data.length.toLocaleString('en-US')} values`,
    )
  return [name.data.toString('latin1'), { shape, data }]
}

/**
 * The numeric matrices of a file by name.
 * @param limit largest unpacked size of one matrix in bytes
 * @throws RefusedInputError when the file is no level 5 file, damaged, or claims more than the limit
 */
export async function parseMat5(
  file: Uint8Array,
  name: string,
  where: string,
  limit: number,
): Promise<Map<string, MatMatrix>> {
  const refuse = (wanted: string, got: string): never => {
    throw new RefusedInputError(`${quoteFromFile(name)} cannot be read as a MATLAB file.`, {
      wanted,
      got,
      where,
      action: 'Download the file again, or save it in MATLAB with "-v7".',
    })
  }
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  if (bytes.subarray(0, 128).includes('MATLAB 7.3')) return refuse('a level 5 file', 'MATLAB 7.3 (HDF5)')
  if (bytes.length < headerBytes || bytes.toString('latin1', 126, 128) !== 'IM' || bytes.readUInt16LE(124) !== 0x100) {
    return refuse('a little-endian level 5 file, "MATLAB 5.0 MAT-file" at its start', describeFirstBytes(bytes))
  }
  const matrices = new Map<string, MatMatrix>()
  for (let offset = headerBytes; offset < bytes.length;) {
    let element = readElement(bytes, offset, refuse)
    offset = element.next
    if (element.type === compressedType) {
      const unpacked = await inflate(element.data, { maxOutputLength: limit }).catch((error: Error) =>
        refuse(`compressed data of at most ${bytesText(limit)} unpacked`, error.message),
      )
      element = readElement(unpacked, 0, refuse)
    }
    if (element.type !== matrixType) continue
    const matrix = readMatrix(element.data, refuse)
    if (matrix) matrices.set(...matrix)
  }
  return matrices
}
