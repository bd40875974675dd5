/** A table of grey images of 28×28 as CSV: one row an image, its label in one column, 784 pixels in the others. */
import papaparse from 'papaparse'
import { RefusedInputError } from '../../../../../shared/errors'
import type { Yielding } from '../../../images/yielding'
import { describeRow } from '../../../weights/fileText'

const pixelsOfRow = 28 * 28
const classes = 10
/** Bytes that are parsed between two pauses, to the end of their last line. */
const pieceLength = 1 << 20

export interface DigitTable {
  readonly count: number
  /** By image, then row. */
  readonly pixels: Uint8Array
  /** null where the table has none, as Kaggle's test sets. */
  readonly labels: Int32Array | null
}

interface TableOptions {
  /** For messages. */
  readonly name: string
  readonly where: string
  readonly yielding: Yielding
  /** Share of the file that is read. */
  onProgress?(share: number): void
}

/**
 * Reads label,pixel,pixel,… with or without names above the columns; the label may stand in any column that is called
 * label or class, without names it is the first. Values are whole numbers: pixels 0 to 255, labels 0 to 9.
 * @throws RefusedInputError naming line and column
 */
export async function parseDigitTable(bytes: Uint8Array, options: TableOptions): Promise<DigitTable> {
  const images: Uint8Array[] = []
  const labels: number[] = []
  let labelAt: number | undefined
  let line = 0
  let read = 0
  for (const piece of piecesOf(bytes)) {
    for (const row of papaparse.parse<string[]>(piece, { delimiter: ',' }).data) {
      line++
      if (row.length === 1 && row[0]?.trim() === '') continue
      const place = { line, options }
      if (labelAt === undefined) {
        const head = headOf(row, place)
        labelAt = head.labelAt
        if (head.named) continue
      }
      const { pixels, label } = imageOf(row, labelAt, place)
      images.push(pixels)
      if (label !== null) labels.push(label)
    }
    // What follows the last line break of a piece is an empty row.
    line--
    read += piece.length
    options.onProgress?.(Math.min(1, read / bytes.length))
    if (options.yielding.due()) await options.yielding.pause()
  }
  if (images.length === 0)
    throw refusal({ line: 1, options }, 'has no images.', { wanted: 'a row for each image', got: 'no row of values' })
  return {
    count: images.length,
    pixels: joined(images),
    labels: labelAt === -1 ? null : Int32Array.from(labels),
  }
}

/** Whole lines; a byte order mark goes. */
function* piecesOf(bytes: Uint8Array): Generator<string> {
  const begin = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0
  for (let from = begin; from < bytes.length;) {
    const lineBreak = bytes.indexOf(0x0a, from + pieceLength)
    const end = lineBreak < 0 ? bytes.length : lineBreak + 1
    // Numbers and names of columns are ASCII; another byte is no number in any encoding.
    yield Buffer.from(bytes.buffer, bytes.byteOffset + from, end - from).toString('latin1')
    from = end
  }
}

function joined(images: readonly Uint8Array[]): Uint8Array {
  const pixels = new Uint8Array(images.length * pixelsOfRow)
  images.forEach((image, index) => pixels.set(image, index * pixelsOfRow))
  return pixels
}

interface RowPlace {
  /** From 1. */
  readonly line: number
  readonly options: TableOptions
}

function refusal(
  { line, options: { name, where } }: RowPlace,
  message: string,
  { wanted, got }: { wanted: string; got: string },
): RefusedInputError {
  return new RefusedInputError(`${name} ${message}`, {
    wanted,
    got,
    where: `${where}: ${name}, line ${line.toLocaleString('en-US')}`,
    action: 'Download the file again, or take the set’s official files.',
  })
}

/** Whether the first row names the columns, and the column of the label; −1 of a table without. */
function headOf(cells: readonly string[], place: RowPlace): { named: boolean; labelAt: number } {
  const named = cells.some((cell) => !/^\s*\d+\s*$/.test(cell))
  const called = cells.findIndex((cell) => /^\s*(label|class)\s*$/i.test(cell))
  if (cells.length === pixelsOfRow && called < 0) return { named, labelAt: -1 }
  const labelAt = named ? called : 0
  if (cells.length === pixelsOfRow + 1 && labelAt >= 0) return { named, labelAt }
  throw refusal(place, 'is no table of images of 28×28.', {
    wanted: '785 columns, one of them called label or class; or 784 of a set without labels',
    got: `${cells.length.toLocaleString('en-US')} columns: ${describeRow(cells.slice(0, 20).join(','), ',')}`,
  })
}

function imageOf(
  cells: readonly string[],
  labelAt: number,
  place: RowPlace,
): { pixels: Uint8Array; label: number | null } {
  const columns = pixelsOfRow + (labelAt < 0 ? 0 : 1)
  if (cells.length !== columns)
    throw refusal(place, 'has a row of another length.', {
      wanted: `${columns} values`,
      got: cells.length.toLocaleString('en-US'),
    })
  const valueAt = (column: number, most: number): number => {
    const cell = cells[column] ?? ''
    // Notebooks write whole numbers as 7.0 too; nothing at all would be 0.
    const value = Number(cell)
    if (value >= 0 && value <= most && Number.isInteger(value) && (value > 0 || cell.trim() !== '')) return value
    throw refusal(place, 'has a value that is none of such images.', {
      wanted: most === 255 ? 'a whole number from 0 to 255' : `a label from 0 to ${most}`,
      got: `${numberText(cell, value)} in column ${column + 1}`,
    })
  }
  const pixels = new Uint8Array(pixelsOfRow)
  for (let place = 0, column = 0; place < pixelsOfRow; column++)
    if (column !== labelAt) pixels[place++] = valueAt(column, 255)
  return { pixels, label: labelAt < 0 ? null : valueAt(labelAt, classes - 1) }
}

/** What stands in the file is not repeated unless it is a number. */
const numberText = (cell: string, value: number): string =>
  cell.trim() === ''
    ? 'nothing'
    : Number.isNaN(value)
      ? `${cell.length} characters that are no such number`
      : String(value)
