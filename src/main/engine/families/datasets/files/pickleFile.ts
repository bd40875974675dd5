/**
 * Arrays in a pickled file, as pickle.dump wrote it, gzipped or not. The restricted reader of checkpoints reads it:
 * plain data, NumPy's arrays; nothing of the file runs.
 */
import { basename } from 'node:path'
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, readWhole } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { createYielding } from '../../../images/yielding'
import { runPickleInPieces } from '../../importers/pickle/machine'
import { refusePickle } from '../../importers/pickle/refusal'
import type { ArrayFile, ArrayOptions } from './arrayFile'
import type { NpyArray } from './npy'
import { arraysOf } from './savedArrays'

/** Of Node's buffers and of what one program may point into. */
const largestFile = 2 ** 31 - 1
/** A file may unpack to a thousand times its size, and nothing in it says to how much; mnist.pkl.gz has 220 MB. */
const largestUnpacked = 500_000_000
const gzipMagic = 0x1f8b

/** @throws RefusedInputError for programs that would run something, and for files that are no pickle */
export async function openPickleFile(path: string, { limit, signal }: ArrayOptions): Promise<ArrayFile> {
  const program = await programOf(path, Math.min(limit, largestFile))
  const { value, end } = await runPickleInPieces(program, 0, noStorage, createYielding(signal))
  if (end !== program.length)
    throw new RefusedInputError(`Something follows the first object of ${quoteFromFile(basename(path))}.`, {
      wanted: 'one object, such as a dictionary of arrays',
      got: `${bytesText(program.length - end)} more`,
      where: path,
      action: 'Save all arrays at once: pickle.dump({"x_train": …, "y_train": …}, file).',
    })
  const arrays = arraysOf(value, program)
  const read = (name: string): NpyArray => {
    const found = arrays.get(name)
    if (found?.kind === 'read') return found.array
    throw new Error(`There is no array ${name}.`)
  }
  return {
    names: [...arrays.keys()],
    placeOf: (name) => (name === '' ? path : `${path}: ${name}`),
    close: () => undefined,
    header: (name) => {
      const { shape, dtype } = read(name)
      return Promise.resolve({ dtype, shape, fortranOrder: false, start: 0 })
    },
    read: (name) => Promise.resolve(read(name)),
  }
}

const noStorage = (): never => {
  throw refusePickle('The pickle refers to a storage.', {
    wanted: 'NumPy arrays and lists',
    got: 'a tensor of PyTorch',
    action: 'Save it with torch.save in the place of pickle.dump.',
  })
}

async function programOf(path: string, most: number): Promise<Buffer> {
  const whole = await readWhole(path, most)
  const bytes = Buffer.from(whole.buffer, whole.byteOffset, whole.byteLength)
  if (bytes.length < 2 || bytes.readUInt16BE(0) !== gzipMagic) return bytes
  const limit = Math.min(most, largestUnpacked)
  try {
    return await promisify(gunzip)(bytes, { maxOutputLength: limit })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new RefusedInputError(`${quoteFromFile(basename(path))} holds more than can be read at once.`, {
        wanted: `at most ${bytesText(limit)} of arrays, unpacked`,
        got: 'more',
        where: path,
        action: 'Unpack it with gunzip, or save the arrays with numpy.savez.',
      })
    throw new RefusedInputError(`${quoteFromFile(basename(path))} is damaged.`, {
      wanted: 'a whole gzip file',
      got: (error as Error).message,
      where: path,
      action: 'Copy or download the file again.',
    })
  }
}
