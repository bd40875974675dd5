/**
 * The binary layout of CIFAR: records of label bytes and 3,072 pixel bytes (1,024 red, 1,024 green, 1,024 blue, row by
 * row), no header.
 */
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText } from '../../../weights/byteSource'
import type { Yielding } from '../../../images/yielding'
import type { ImageSet } from '../../../images/types'

export const cifarSize = 32
const plane = cifarSize * cifarSize
export const pixelBytes = plane * 3

export interface RecordLayout {
  /**
   * The bytes before the pixels: one for CIFAR-10, two (coarse, fine) for CIFAR-100. `key` names them in the Python
   * version.
   */
  readonly labels: readonly { readonly key: string; readonly classes: number }[]
  /** Which of them is the label wanted; all are checked. */
  readonly labelAt: number
}

export interface BatchFile {
  readonly name: string
  readonly bytes: Uint8Array
}

export const recordSize = (layout: RecordLayout): number => layout.labels.length + pixelBytes

function countRecords(file: BatchFile, layout: RecordLayout, where: string): number {
  const size = recordSize(layout)
  const records = Math.floor(file.bytes.length / size)
  if (records > 0 && records * size === file.bytes.length) return records
  const rest = file.bytes.length - records * size
  throw new RefusedInputError(`${file.name} does not hold whole records.`, {
    wanted: `a multiple of ${bytesText(size)} (${layout.labels.length} of label, 3,072 of pixels), at least one record`,
    got: `${bytesText(file.bytes.length)}: ${records.toLocaleString('en-US')} records and ${bytesText(rest)} more`,
    where: `${where}: ${file.name}`,
    action: 'The file is cut short or no CIFAR binary file; download it again.',
  })
}

/**
 * Joins batch files into one NHWC image set, checking every record's label.
 * @throws RefusedInputError with file, record and byte of the first fault
 */
export async function readRecords(
  files: readonly BatchFile[],
  layout: RecordLayout,
  where: string,
  yielding: Yielding,
): Promise<ImageSet> {
  const counts = files.map((file) => countRecords(file, layout, where))
  const count = counts.reduce((sum, records) => sum + records, 0)
  const pixels = new Uint8Array(count * pixelBytes)
  const labels = new Int32Array(count)
  let image = 0
  for (const [index, file] of files.entries()) {
    for (let record = 0; record < counts[index]!; record++, image++) {
      const start = record * recordSize(layout)
      for (const [place, { classes }] of layout.labels.entries())
        checkLabel(file, record, start + place, classes, where)
      labels[image] = file.bytes[start + layout.labelAt]!
      interleave(file.bytes, start + layout.labels.length, pixels, image * pixelBytes)
      if (yielding.due()) await yielding.pause()
    }
  }
  return { count, height: cifarSize, width: cifarSize, channels: 3, pixels, labels }
}

function checkLabel(file: BatchFile, record: number, at: number, classes: number, where: string): void {
  const label = file.bytes[at]!
  if (label < classes) return
  throw new RefusedInputError(
    `Record ${(record + 1).toLocaleString('en-US')} of ${file.name} has a label that does not exist.`,
    {
      wanted: `0 to ${classes - 1}`,
      got: String(label),
      where: `${where}: ${file.name}, byte ${at.toLocaleString('en-US')}`,
      action: 'The file is damaged or of another data set; download it again.',
    },
  )
}

function interleave(from: Uint8Array, start: number, to: Uint8Array, offset: number): void {
  for (let pixel = 0; pixel < plane; pixel++) {
    to[offset + pixel * 3] = from[start + pixel]!
    to[offset + pixel * 3 + 1] = from[start + plane + pixel]!
    to[offset + pixel * 3 + 2] = from[start + 2 * plane + pixel]!
  }
}

/** One class name per line. @throws RefusedInputError on a wrong number of names */
export function readClassNames(bytes: Uint8Array, classes: number, name: string, where: string): string[] {
  const names = Buffer.from(bytes)
    .toString('utf8')
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '')
  const tooLong = names.find((line) => line.length > 100)
  if (names.length === classes && tooLong === undefined) return names
  throw new RefusedInputError(`${name} does not name the classes.`, {
    wanted: `${classes} lines of at most 100 characters`,
    got: tooLong === undefined ? `${names.length} lines` : `a line of ${tooLong.length} characters`,
    where: `${where}: ${name}`,
    action: 'Restore the file, or delete it to use the official names.',
  })
}
