/**
 * The MATLAB version of CIFAR: a matrix "data" of images × 3,072 bytes and one of labels per file, as the Python
 * version has them. Its class names are a cell array, which the reader of matrices does not take.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import type { Yielding } from '../../../images/yielding'
import { openMat5, type MatFile, type MatMatrix } from '../files/mat5'
import { pixelBytes, recordSize, type BatchFile, type RecordLayout } from './records'

const action = 'The file is damaged or of another data set; download it again.'
/** Of what a file unpacks to: CIFAR-100's training images take 154 MB. */
const limit = 1_600_000_000

/**
 * A file of the MATLAB version as one of the binary version, for `readRecords`.
 * @throws RefusedInputError with file and record of the first fault
 */
export async function matlabToRecords(
  { name, bytes }: BatchFile,
  layout: RecordLayout,
  where: string,
  yielding: Yielding,
): Promise<BatchFile> {
  const place = `${where}: ${name}`
  const file = await openMat5(bytes, { name, where: place, limit })
  const [count = 0] = file.shapes.get('data') ?? []
  const pixels = await read(file, 'data', { shape: [count, pixelBytes], name, place })
  const size = recordSize(layout)
  const records = new Uint8Array(count * size)
  for (const [at, { key, classes }] of layout.labels.entries()) {
    const { data } = await read(file, key, { shape: [count, 1], name, place })
    for (let record = 0; record < count; record++) {
      const label = data[record] ?? -1
      if (label < 0 || label >= classes)
        throw new RefusedInputError(
          `Record ${(record + 1).toLocaleString('en-US')} of ${name} has a label that does not exist.`,
          { wanted: `0 to ${classes - 1}`, got: String(label), where: `${place}, ${key}`, action },
        )
      records[record * size + at] = label
    }
  }
  for (let pixel = 0; pixel < pixelBytes; pixel++) {
    const column = pixel * count
    for (let record = 0; record < count; record++)
      records[record * size + layout.labels.length + pixel] = pixels.data[column + record]!
    if (yielding.due()) await yielding.pause()
  }
  return { name, bytes: records }
}

interface Wanted {
  readonly shape: readonly [number, number]
  readonly name: string
  readonly place: string
}

/** A matrix of bytes in that shape, column by column. */
async function read(file: MatFile, key: string, { shape, name, place }: Wanted): Promise<MatMatrix> {
  const refuse = (got: string): RefusedInputError =>
    new RefusedInputError(`${name} lacks the ${key === 'data' ? 'pixels' : 'labels'}.`, {
      wanted: `a matrix "${key}" of ${shape.join(' × ')} bytes`,
      got,
      where: place,
      action,
    })
  const found = file.shapes.get(key)
  if (!found || shape[0] === 0 || found.join() !== shape.join())
    throw refuse(found ? found.join(' × ') : [...file.shapes.keys()].join(', ') || 'no matrix of numbers')
  const matrix = await file.read(key)
  if (matrix.data instanceof Uint8Array) return matrix
  throw refuse('numbers of another type')
}
