/**
 * The IDX format of MNIST: big-endian magic 00 00 08 <dimensions>, one 32-bit size per dimension, then bytes. Plain or
 * gzipped.
 */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { RefusedInputError } from '../../../../../shared/errors'
import { describeFirstBytes } from '../../../weights/fileText'
import { bytesText } from '../../../weights/byteSource'

const inflate = promisify(gunzip)

export interface IdxArray {
  readonly shape: readonly number[]
  readonly data: Uint8Array
}

/**
 * @param dimensions how many the file must have: 3 for images, 1 for labels
 * @param limit largest unpacked size in bytes
 * @throws RefusedInputError when it is no IDX file of bytes, or its size does not fit its header
 */
export async function parseIdx(
  file: Uint8Array,
  name: string,
  where: string,
  dimensions: number,
  limit: number,
): Promise<IdxArray> {
  const place = `${where}: ${name}`
  const action = 'Download the file again; the archive may be damaged, or unpacked only in part.'
  const zipped = file[0] === 0x1f && file[1] === 0x8b
  const bytes = zipped
    ? await inflate(file, { maxOutputLength: limit }).catch((error: Error) => {
        throw new RefusedInputError(`${name} cannot be unpacked.`, {
          wanted: `a whole gzip file of at most ${bytesText(limit)} unpacked`,
          got: error.message,
          where: place,
          action,
          cause: error,
        })
      })
    : Buffer.from(file.buffer, file.byteOffset, file.length)
  const headerBytes = 4 + 4 * dimensions
  if (bytes.length < headerBytes || bytes.readUInt32BE(0) !== 0x800 + dimensions) {
    throw new RefusedInputError(`${name} is no IDX file of ${dimensions === 1 ? 'labels' : 'images'}.`, {
      wanted: `first bytes 00 00 08 0${dimensions}`,
      got: describeFirstBytes(bytes),
      where: place,
      action,
    })
  }
  const shape = Array.from({ length: dimensions }, (_, index) => bytes.readUInt32BE(4 + 4 * index))
  const size = shape.reduce((product, length) => product * length, 1)
  if (size !== bytes.length - headerBytes || size === 0) {
    throw new RefusedInputError(`${name} has another size than its header says.`, {
      wanted: `${bytesText(size)} for ${shape.map((length) => length.toLocaleString('en-US')).join(' × ')}`,
      got: bytesText(bytes.length - headerBytes),
      where: place,
      action,
    })
  }
  return { shape, data: bytes.subarray(headerBytes) }
}
