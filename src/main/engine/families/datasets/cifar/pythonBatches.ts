/**
 * The Python version of CIFAR: pickled dictionaries. The restricted reader of checkpoints reads them: a fixed table of
 * names, plain data, nothing in
 * the file runs. Pixels of a batch are a NumPy array uint8 [n, 3072] under "data", labels are lists of numbers.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import { runPickleInPieces } from '../../importers/pickle/machine'
import { refusePickle } from '../../importers/pickle/refusal'
import { describeValue, type PickleValue } from '../../importers/pickle/values'
import type { Yielding } from '../../../images/yielding'
import { bytesText } from '../../../weights/byteSource'
import { pixelBytes, recordSize, type BatchFile, type RecordLayout } from './records'

const action = 'The file is damaged or of another data set; download it again.'

const isObject = <K extends string>(
  value: PickleValue | undefined,
  kind: K,
): value is Extract<PickleValue, { kind: K }> =>
  value !== undefined && value !== null && typeof value === 'object' && value.kind === kind

/** Text, or bytes of it as Python 3 has them after `encoding='bytes'`. */
function textOf(value: PickleValue | undefined, program: Buffer): string | null {
  if (typeof value === 'string') return value
  return isObject(value, 'bytes') ? program.toString('latin1', value.at, value.at + value.length) : null
}

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
    if (!isObject(value, 'dict')) return refuse(describeValue(value))
    if (end !== program.length) return refuse(`${bytesText(program.length - end)} after the dictionary`)
    const entries = new Map<string, PickleValue>()
    for (let index = 0; index < value.pairs.length; index += 2)
      entries.set(textOf(value.pairs[index], program) ?? '', value.pairs[index + 1] ?? null)
    return { entries, program }
  } catch (error) {
    // The reader's own words speak of checkpoints.
    if (error instanceof RefusedInputError && error.where?.startsWith('pickle'))
      return refuse(error.message, `, ${error.where}`, error)
    throw error
  }
}

/**
 * The bytes of a NumPy array [n, 3072] of one byte per element in C order, else null: state is (version, shape, dtype,
 * Fortran order, data).
 */
function arrayBytes(value: PickleValue | undefined, program: Buffer): Uint8Array | null {
  if (!isObject(value, 'opaque') || !isObject(value.state, 'tuple')) return null
  const [, shape, , fortranOrder, data] = value.state.items
  const [rows, columns] = isObject(shape, 'tuple') && shape.items.length === 2 ? shape.items : []
  if (typeof rows !== 'number' || columns !== pixelBytes || fortranOrder !== false) return null
  const bytes = isObject(data, 'bytes')
    ? program.subarray(data.at, data.at + data.length)
    : typeof data === 'string'
      ? Buffer.from(data, 'latin1')
      : null
  return bytes?.length === rows * pixelBytes ? bytes : null
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
): Promise<BatchFile> {
  const { entries, program } = await readDictionary(file, where, yielding)
  const place = `${where}: ${file.name}`
  const pixels = arrayBytes(entries.get('data'), program)
  if (pixels === null)
    throw new RefusedInputError(`${file.name} lacks the pixels.`, {
      wanted: 'a NumPy array of uint8, images × 3,072, under "data"',
      got: describeValue(entries.get('data')),
      where: place,
      action,
    })
  const count = pixels.length / pixelBytes
  const size = recordSize(layout)
  const bytes = new Uint8Array(count * size)
  for (const [at, { key, classes }] of layout.labels.entries()) {
    const list = entries.get(key)
    const labels = isObject(list, 'list') ? list.items : []
    if (labels.length !== count)
      throw new RefusedInputError(`${file.name} lacks labels.`, {
        wanted: `${count.toLocaleString('en-US')} numbers under "${key}"`,
        got: labels.length.toLocaleString('en-US'),
        where: place,
        action,
      })
    for (const [record, label] of labels.entries()) {
      if (typeof label !== 'number' || !Number.isInteger(label) || label < 0 || label >= classes) {
        throw new RefusedInputError(
          `Record ${(record + 1).toLocaleString('en-US')} of ${file.name} has a label that does not exist.`,
          {
            wanted: `0 to ${classes - 1}`,
            got: typeof label === 'number' ? String(label) : describeValue(label),
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
    bytes.set(pixels.subarray(record * pixelBytes, (record + 1) * pixelBytes), record * size + layout.labels.length)
    if (yielding.due()) await yielding.pause()
  }
  return { name: file.name, bytes }
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
  return Buffer.from((isObject(list, 'list') ? list.items : []).map((item) => textOf(item, program) ?? '').join('\n'))
}
