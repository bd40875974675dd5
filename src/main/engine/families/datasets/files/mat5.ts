/**
 * Numeric arrays out of MATLAB level 5 files (.mat as saved by "-v5", "-v6" and "-v7"; not the HDF5 of "-v7.3").
 * First names and shapes of all, for which a packed one is unpacked as far as its name; then those that are asked for,
 * within a bound on all of them. Structures, cells, text and objects are passed over. Layout: MathWorks, "MAT-File
 * Format", level 5.
 */
import { createInflate } from 'node:zlib'
import { RefusedInputError } from '../../../../../shared/errors'
import { createYielding } from '../../../images/yielding'
import { describeFirstBytes, quoteFromFile } from '../../../weights/fileText'
import { bytesText } from '../../../weights/byteSource'
import {
  createUnpackingBudget,
  readerOf,
  unpackedPieces,
  unpackingReader,
  UnpackingError,
  type ByteReader,
  type Unpacking,
} from './unpacking'

const compressedType = 15
const matrixType = 14
const headerBytes = 128
const complexFlag = 8
/** double … uint32 in the array flags. */
const numericClasses = { first: 6, last: 13 }
/** Of variables in a file. */
const elementLimit = 1_000
const rankLimit = 32

export interface MatMatrix {
  readonly shape: readonly number[]
  /** Column-major, as MATLAB stores it. */
  readonly data:
    Uint8Array | Int8Array | Int16Array | Uint16Array | Int32Array | Uint32Array | Float32Array | Float64Array
}

interface NumberType {
  readonly bytes: number
  /** Numbers out of aligned memory of their own. */
  readonly view: (buffer: ArrayBuffer) => MatMatrix['data']
}

/** Data types of the file format. */
const numberTypes: Readonly<Record<number, NumberType>> = {
  1: { bytes: 1, view: (buffer) => new Int8Array(buffer) },
  2: { bytes: 1, view: (buffer) => new Uint8Array(buffer) },
  3: { bytes: 2, view: (buffer) => new Int16Array(buffer) },
  4: { bytes: 2, view: (buffer) => new Uint16Array(buffer) },
  5: { bytes: 4, view: (buffer) => new Int32Array(buffer) },
  6: { bytes: 4, view: (buffer) => new Uint32Array(buffer) },
  7: { bytes: 4, view: (buffer) => new Float32Array(buffer) },
  9: { bytes: 8, view: (buffer) => new Float64Array(buffer) },
}
const byteType = 2
const dimensionType = 5

/** Type and length of an element; the data of a small one lie in its tag. */
interface Tag {
  readonly type: number
  readonly length: number
  readonly small: Buffer | null
}

async function readTag(reader: ByteReader): Promise<Tag> {
  const bytes = await reader.read(8)
  const first = bytes.readUInt32LE(0)
  const length = first >>> 16
  if (length === 0) return { type: first, length: bytes.readUInt32LE(4), small: null }
  if (length > 4) throw new UnpackingError('small elements of at most 4 bytes', bytesText(length))
  return { type: first & 0xffff, length, small: bytes.subarray(4, 4 + length) }
}

/** The data of an element and the padding to 8 bytes behind it, of which the last element may have none. */
async function readData(reader: ByteReader, { length, small }: Tag): Promise<Buffer> {
  if (small) return small
  const data = await reader.read(length)
  const padding = (8 - (length % 8)) % 8
  if (padding > 0 && !(await reader.atEnd())) await reader.skip(padding)
  return data
}

interface Part {
  readonly what: string
  readonly type: number
  readonly least: number
  readonly most: number
}
const flagsPart: Part = { what: 'array flags', type: 6, least: 8, most: 8 }
const namePart: Part = { what: 'a name', type: 1, least: 0, most: 4_096 }

async function readPart(reader: ByteReader, { what, type, least, most }: Part): Promise<Buffer> {
  const tag = await readTag(reader)
  if (tag.type === type && tag.length >= least && tag.length <= most) return readData(reader, tag)
  throw new UnpackingError(
    `${what} of type ${type}, at most ${bytesText(most)}`,
    `${bytesText(tag.length)} of type ${tag.type}`,
  )
}

async function readShape(reader: ByteReader): Promise<number[]> {
  const tag = await readTag(reader)
  const rank = tag.length / 4
  if (tag.type !== dimensionType || !Number.isInteger(rank) || rank < 2 || rank > rankLimit)
    throw new UnpackingError(
      `2 to ${rankLimit} dimensions of 4 bytes each`,
      `${bytesText(tag.length)} of type ${tag.type}`,
    )
  const data = await readData(reader, tag)
  const shape = Array.from({ length: rank }, (_, index) => data.readInt32LE(index * 4))
  if (shape.some((size) => size < 0)) throw new UnpackingError('sizes from 0 on', shape.join(' × '))
  return shape
}

interface MatrixHead {
  readonly name: string
  readonly shape: readonly number[]
  readonly numbers: NumberType
  readonly tag: Tag
}

/** What stands before the numbers of a matrix; null where it holds none. */
async function readHead(reader: ByteReader): Promise<MatrixHead | null> {
  const [kind = 0, flags = 0] = await readPart(reader, flagsPart)
  // Objects have other parts behind their flags; complex numbers are no pixels.
  if ((flags & complexFlag) !== 0 || kind < numericClasses.first || kind > numericClasses.last) return null
  const shape = await readShape(reader)
  const name = (await readPart(reader, namePart)).toString('latin1')
  const tag = await readTag(reader)
  const numbers = numberTypes[tag.type]
  if (!numbers) throw new UnpackingError('numbers', `data of type ${tag.type}`)
  const count = shape.reduce((product, size) => product * size, 1)
  if (tag.length !== count * numbers.bytes)
    throw new UnpackingError(
      `${bytesText(count * numbers.bytes)}: ${count.toLocaleString('en-US')} values for ${shape.join(' × ')}`,
      `${bytesText(tag.length)} of type ${tag.type}`,
    )
  return { name, shape, numbers, tag }
}

async function readNumbers(reader: ByteReader, { numbers, tag }: MatrixHead): Promise<MatMatrix['data']> {
  const data = await readData(reader, tag)
  // Bytes need no alignment: the largest matrices, images, are not copied.
  return tag.type === byteType
    ? new Uint8Array(data.buffer, data.byteOffset, data.length)
    : numbers.view(new Uint8Array(data).buffer)
}

interface TopElement {
  readonly type: number
  readonly data: Buffer
}

/** The variables of a file, packed or not, in its order. */
function* elementsOf(bytes: Buffer): Generator<TopElement> {
  let count = 0
  for (let offset = headerBytes; offset < bytes.length;) {
    if (++count > elementLimit) throw new UnpackingError(`at most ${elementLimit} variables`, 'more')
    if (offset + 8 > bytes.length)
      throw new UnpackingError('whole elements', `${bytesText(bytes.length - offset)} at the end`)
    const [type, size] = [bytes.readUInt32LE(offset), bytes.readUInt32LE(offset + 4)]
    const start = offset + 8
    if (size > bytes.length - start)
      throw new UnpackingError(
        `an element of ${bytesText(size)}`,
        `${bytesText(bytes.length - start)} to the end of the file`,
      )
    if (type !== matrixType && type !== compressedType)
      throw new UnpackingError('variables, packed or not', `an element of type ${type}`)
    yield { type, data: bytes.subarray(start, start + size) }
    // Elements are padded to 8 bytes, packed ones are not.
    offset = start + size + (type === compressedType ? 0 : (8 - (size % 8)) % 8)
  }
}

/** Calls `use` with the contents of a matrix, packed or not. */
async function withMatrix<T>(
  { type, data }: TopElement,
  unpacking: Unpacking,
  use: (reader: ByteReader) => Promise<T>,
): Promise<T> {
  if (type === matrixType) return use(readerOf(data))
  const reader = unpackingReader(createInflate(unpackedPieces), data, unpacking)
  try {
    const { type: inner } = await readTag(reader)
    if (inner !== matrixType) throw new UnpackingError('a variable', `an element of type ${inner}`)
    return await use(reader)
  } finally {
    reader.close()
  }
}

export interface MatFile {
  /** Of the numeric matrices, by name. */
  readonly shapes: ReadonlyMap<string, readonly number[]>
  /** @throws RefusedInputError where it is absent, damaged, or more than may be unpacked in all */
  read(name: string): Promise<MatMatrix>
}

interface MatOptions {
  /** For messages. */
  readonly name: string
  readonly where: string
  /** Of all matrices that are read, unpacked, in bytes. */
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/** @throws RefusedInputError when the file is no level 5 file, or damaged */
export async function openMat5(file: Uint8Array, { name, where, limit, signal }: MatOptions): Promise<MatFile> {
  const refuse = (wanted: string, got: string, cause?: unknown): RefusedInputError =>
    new RefusedInputError(`${quoteFromFile(name)} cannot be read as a MATLAB file.`, {
      wanted,
      got,
      where,
      action: 'Download the file again, or save it in MATLAB with "-v7".',
      cause,
    })
  const explain = (error: unknown): unknown =>
    error instanceof UnpackingError ? refuse(error.wanted, error.got, error.cause) : error
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  requireLevel5(bytes, refuse)
  const unpacking: Unpacking = { budget: createUnpackingBudget(limit), yielding: createYielding(signal) }
  try {
    const found = await listMatrices(bytes, unpacking)
    return {
      shapes: new Map([...found].map(([key, { shape }]) => [key, shape])),
      async read(wanted) {
        const matrix = found.get(wanted)
        if (!matrix) throw refuse(`the matrix ${wanted}`, [...found.keys()].map(quoteFromFile).join(', '))
        return readMatrix(matrix.element, unpacking).catch((error: unknown) => {
          throw explain(error)
        })
      },
    }
  } catch (error) {
    throw explain(error)
  }
}

function requireLevel5(bytes: Buffer, refuse: (wanted: string, got: string) => RefusedInputError): void {
  if (bytes.subarray(0, 128).includes('MATLAB 7.3')) throw refuse('a level 5 file', 'MATLAB 7.3 (HDF5)')
  if (bytes.length < headerBytes || bytes.toString('latin1', 126, 128) !== 'IM' || bytes.readUInt16LE(124) !== 0x100)
    throw refuse('a little-endian level 5 file, "MATLAB 5.0 MAT-file" at its start', describeFirstBytes(bytes))
}

interface ListedMatrix {
  readonly shape: readonly number[]
  readonly element: TopElement
}

async function listMatrices(bytes: Buffer, unpacking: Unpacking): Promise<Map<string, ListedMatrix>> {
  const found = new Map<string, ListedMatrix>()
  for (const element of elementsOf(bytes)) {
    const head = await withMatrix(element, unpacking, readHead)
    if (head && found.has(head.name)) throw new UnpackingError('each name once', `${quoteFromFile(head.name)} twice`)
    if (head) found.set(head.name, { shape: head.shape, element })
    if (unpacking.yielding.due()) await unpacking.yielding.pause()
  }
  return found
}

async function readMatrix(element: TopElement, unpacking: Unpacking): Promise<MatMatrix> {
  const matrix = await withMatrix(element, unpacking, async (reader) => {
    const head = await readHead(reader)
    if (!head) return null
    const data = await readNumbers(reader, head)
    // Of packed ones the checksum is read with the end.
    if (!(await reader.atEnd())) throw new UnpackingError('the end of the matrix', 'more data')
    return { shape: head.shape, data }
  })
  if (!matrix) throw new UnpackingError('a matrix of numbers', 'something else')
  return matrix
}
