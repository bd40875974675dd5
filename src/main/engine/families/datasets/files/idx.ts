/**
 * The IDX format of MNIST: big-endian magic 00 00 08 <dimensions>, one 32-bit size per dimension, then bytes. Plain or
 * gzipped.
 */
import { createGunzip } from 'node:zlib'
import { RefusedInputError } from '../../../../../shared/errors'
import type { Yielding } from '../../../images/yielding'
import { describeFirstBytes } from '../../../weights/fileText'
import { bytesText } from '../../../weights/byteSource'
import {
  createUnpackingBudget,
  readerOf,
  unpackedPieces,
  unpackingReader,
  UnpackingError,
  type ByteReader,
} from './unpacking'

export interface IdxArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

interface IdxOptions {
  /** For messages. */
  readonly name: string
  readonly where: string
  /** How many the file must have: 3 for images, 1 for labels. */
  readonly dimensions: 1 | 3
  /** Largest unpacked size in bytes. */
  readonly limit: number
  /** Called before the values are read; throws where such a shape is not wanted. */
  checkShape?(shape: readonly number[]): void
  readonly yielding: Yielding
}

/** @throws RefusedInputError when it is no IDX file of bytes, or its size does not fit its header */
export async function parseIdx(file: Uint8Array, options: IdxOptions): Promise<IdxArray> {
  const { name, where, limit, yielding } = options
  const refuse = (message: string, wanted: string, got: string, cause?: unknown): RefusedInputError =>
    new RefusedInputError(`${name} ${message}.`, {
      wanted,
      got,
      where: `${where}: ${name}`,
      action: 'Download the file again; the archive may be damaged, or unpacked only in part.',
      cause,
    })
  const bytes = Buffer.from(file.buffer, file.byteOffset, file.length)
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b
  const reader = zipped
    ? unpackingReader(createGunzip(unpackedPieces), bytes, {
        budget: createUnpackingBudget(limit),
        yielding,
      })
    : readerOf(bytes)
  try {
    return await readIdx(reader, options, refuse)
  } catch (error) {
    if (!(error instanceof UnpackingError)) throw error
    throw zipped
      ? refuse('cannot be unpacked', `a whole gzip file of at most ${bytesText(limit)} unpacked`, error.got, error)
      : refuse('has another size than its header says', error.wanted, error.got, error)
  } finally {
    reader.close()
  }
}

type Refuse = (message: string, wanted: string, got: string) => RefusedInputError

async function readIdx(
  reader: ByteReader,
  { dimensions, limit, checkShape }: IdxOptions,
  refuse: Refuse,
): Promise<IdxArray> {
  const head = await reader.read(4)
  if (head.readUInt32BE(0) !== 0x800 + dimensions)
    throw refuse(
      `is no IDX file of ${dimensions === 1 ? 'labels' : 'images'}`,
      `first bytes 00 00 08 0${dimensions}`,
      describeFirstBytes(head),
    )
  const sizes = await reader.read(4 * dimensions)
  const shape = Array.from({ length: dimensions }, (_, index) => sizes.readUInt32BE(4 * index))
  const size = shape.reduce((product, length) => product * length, 1)
  const wanted = `${bytesText(size)} for ${shape.map((length) => length.toLocaleString('en-US')).join(' × ')}`
  if (size === 0) throw refuse('has no values', 'at least one', wanted)
  checkShape?.(shape)
  if (size > limit) throw refuse('is larger than such a file can be', `at most ${bytesText(limit)}`, wanted)
  const data = await reader.read(size).catch((error: unknown) => {
    throw error instanceof UnpackingError && error.cause === undefined
      ? refuse('has another size than its header says', wanted, error.got)
      : error
  })
  if (!(await reader.atEnd())) throw refuse('has another size than its header says', wanted, 'more')
  return { shape, data }
}
