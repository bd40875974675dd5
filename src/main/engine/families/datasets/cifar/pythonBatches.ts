/**
 * The Python version of CIFAR: pickled dictionaries. The restricted reader of checkpoints reads them: a fixed table of
 * names, plain data, nothing in the file runs. Pixels of a batch are a NumPy array uint8 [n, 3072] under "data", labels
 * are lists of numbers; copies that were saved again have other types and shapes, which their shape tells.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import { runPickleInPieces } from '../../importers/pickle/machine'
import { refusePickle } from '../../importers/pickle/refusal'
import { describeValue, type PickleValue } from '../../importers/pickle/values'
import type { Yielding } from '../../../images/yielding'
import { bytesText } from '../../../weights/byteSource'
import { isPickled, pickledArray, pickledNumbers, pickledText } from '../files/pickledArrays'
import { pixelBytes as toBytes } from '../files/pixelValues'
import { cifarSize, pixelBytes, recordSize, type BatchFile, type RecordLayout } from './records'

const action = 'The file is damaged or of another data set; download it again.'

/** A file's dictionary by its keys, and the file's bytes, which hold the long values. */
async function readDictionary(
  { name, bytes }: BatchFile,
  where: string,
  yielding: Yielding,
): Promise<{ entries: Map<string, PickleValue>; program: Buffer }> {
  const program = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)
  const refuse = (got: string, place = '', cause?: unknown): never => {
    throw new RefusedInputError(`${name} is no file of the Python version of CIFAR.`, {
      wanted: 'one pickled dictionary of numbers, text and NumPy arrays',
      got,
      where: `${where}: ${name}${place}`,
      action,
      cause,
    })
  }
  try {
    const { value, end } = await runPickleInPieces(
      program,
      0,
      () => {
        throw refusePickle('The pickle refers to a storage.')
      },
      yielding,
    )
    if (!isPickled(value, 'dict')) return refuse(describeValue(value))
    if (end !== program.length) return refuse(`${bytesText(program.length - end)} after the dictionary`)
    const entries = new Map<string, PickleValue>()
    for (let index = 0; index < value.pairs.length; index += 2)
      entries.set(pickledText(value.pairs[index], program) ?? '', value.pairs[index + 1] ?? null)
    return { entries, program }
  } catch (error) {
    // The reader's own words speak of checkpoints.
    if (error instanceof RefusedInputError && error.where?.startsWith('pickle'))
      return refuse(error.message, `, ${error.where}`, error)
    throw error
  }
}

type Order = 'planes' | 'pixels'

/** How many images an array of this shape holds, and whether colour comes before place; null for another shape. */
function batchShape([count = 0, ...image]: readonly number[]): { count: number; order: Order } | null {
  const is = (...shape: number[]): boolean => shape.join() === image.join()
  if (is(pixelBytes) || is(3, cifarSize, cifarSize)) return { count, order: 'planes' }
  return is(cifarSize, cifarSize, 3) ? { count, order: 'pixels' } : null
}

interface BatchPixels {
  readonly count: number
  readonly note: string | null
  /** One image's, colour by colour. */
  copy(image: number, to: Uint8Array, offset: number): void
}

async function readPixels(
  value: PickleValue | undefined,
  { program, name, where }: { program: Buffer; name: string; where: string },
  yielding: Yielding,
): Promise<BatchPixels> {
  const array = pickledArray(value, program)
  const shape = array && batchShape(array.shape)
  if (!array || !shape)
    throw new RefusedInputError(`${name} lacks the pixels.`, {
      wanted:
        'a NumPy array of uint8 or float, images × 3,072, images × 3 × 32 × 32 or images × 32 × 32 × 3, under "data"',
      got: array ? `shape (${array.shape.join(', ')})` : describeValue(value),
      where,
      action,
    })
  const { bytes, note } = await toBytes({ name: 'data', where, data: array.data }, yielding)
  const plane = cifarSize * cifarSize
  return {
    count: shape.count,
    note,
    copy(image, to, offset) {
      const own = bytes.subarray(image * pixelBytes, (image + 1) * pixelBytes)
      if (shape.order === 'planes') to.set(own, offset)
      else for (let at = 0; at < pixelBytes; at++) to[offset + (at % 3) * plane + Math.floor(at / 3)] = own[at]!
    },
  }
}

/**
 * A batch file of the Python version as one of the binary version, for `readRecords`.
 * @throws RefusedInputError with file and record of the first fault
 */
export async function toRecords(
  file: BatchFile,
  layout: RecordLayout,
  where: string,
  yielding: Yielding,
): Promise<BatchFile & { readonly note: string | null }> {
  const { entries, program } = await readDictionary(file, where, yielding)
  const place = `${where}: ${file.name}`
  const pixels = await readPixels(entries.get('data'), { program, name: file.name, where: place }, yielding)
  const { count } = pixels
  const size = recordSize(layout)
  const bytes = new Uint8Array(count * size)
  for (const [at, { key, classes }] of layout.labels.entries()) {
    const found = entries.get(key)
    const labels = pickledNumbers(found, program) ?? []
    if (labels.length !== count)
      throw new RefusedInputError(`${file.name} lacks labels.`, {
        wanted: `${count.toLocaleString('en-US')} numbers under "${key}"`,
        got: labels.length.toLocaleString('en-US'),
        where: place,
        action,
      })
    for (const [record, label] of labels.entries()) {
      if (!Number.isInteger(label) || label < 0 || label >= classes) {
        throw new RefusedInputError(
          `Record ${(record + 1).toLocaleString('en-US')} of ${file.name} has a label that does not exist.`,
          {
            wanted: `0 to ${classes - 1}`,
            got: Number.isNaN(label) ? 'no number' : String(label),
            where: `${place}, ${key}`,
            action,
          },
        )
      }
      bytes[record * size + at] = label
      if (yielding.due()) await yielding.pause()
    }
  }
  for (let record = 0; record < count; record++) {
    pixels.copy(record, bytes, record * size + layout.labels.length)
    if (yielding.due()) await yielding.pause()
  }
  return { name: file.name, bytes, note: pixels.note }
}

/** The list of class names under `key`, a line each as in the binary version. */
export async function toNameLines(
  file: BatchFile,
  key: string,
  where: string,
  yielding: Yielding,
): Promise<Uint8Array> {
  const { entries, program } = await readDictionary(file, where, yielding)
  const list = entries.get(key)
  const names = isPickled(list, 'list') || isPickled(list, 'tuple') ? list.items : []
  return Buffer.from(names.map((item) => pickledText(item, program) ?? '').join('\n'))
}
