/**
 * Tables of Arrow files, a record batch at a time: streams, as the hub's library saves data sets, and files with a
 * footer (Feather), whose batches are a stream too.
 */
import { Type } from 'apache-arrow/fb/type'
import { bytesText, openFileSource, type FileSource } from '../../../weights/byteSource'
import { partsOf, type ArrowBatch, type ArrowColumn, type ArrowField, type ArrowSchema } from './arrowMessages'
import { tableRefusal, type TableColumn, type TableFile, type TableFormat } from './tableFile'

const rowsAtOnce = 1000
/** Of a batch's columns that are read; the library writes a thousand rows to a batch. */
const batchLimit = 500_000_000

const format: TableFormat = {
  title: 'an Arrow file',
  wanted: 'a whole Arrow file without compression',
  action:
    'Save it again: dataset.save_to_disk(folder), dataset.to_parquet(path), or feather.write_feather(table, path, compression="uncompressed").',
}

/** @throws RefusedInputError when the file is no whole Arrow file */
export async function openArrow(path: string): Promise<TableFile> {
  const source = await openFileSource(path)
  const refuse = (error: unknown): Error => tableRefusal(error, path, format)
  try {
    const { schema, rows } = await outlineOf(source)
    return {
      path,
      rows,
      columns: schema.fields.map(columnOf),
      note: (key) => schema.notes.get(key) ?? null,
      async *read(columns) {
        try {
          for await (const part of partsOf(source)) if ('rows' in part) yield* rowsOf(source, part, columns)
        } catch (error) {
          throw refuse(error)
        }
      },
      close: () => source.close(),
    }
  } catch (error) {
    await source.close()
    throw refuse(error)
  }
}

async function outlineOf(source: FileSource): Promise<{ schema: ArrowSchema; rows: number }> {
  let schema: ArrowSchema = { fields: [], notes: new Map() }
  let rows = 0
  for await (const part of partsOf(source)) {
    if ('fields' in part) schema = part
    else rows += part.rows
    // Bytes have a place each: a row takes four at least.
    if (!(rows >= 0 && rows <= source.size))
      throw new Error(`${rows.toLocaleString('en-US')} rows in ${bytesText(source.size)}`)
  }
  return { schema, rows }
}

function columnOf({ name, type, isDictionary, children }: ArrowField): TableColumn {
  if (isDictionary) return { name, children: [], type: 'other' }
  if (type === Type.Struct_) return { name, children: children.map((child) => child.name), type: 'other' }
  const isBytes = type === Type.Binary || type === Type.LargeBinary
  return { name, children: [], type: isBytes ? 'bytes' : type === Type.Int ? 'integer' : 'other' }
}

async function* rowsOf(
  source: FileSource,
  { rows, columns }: ArrowBatch,
  names: readonly string[],
): AsyncGenerator<Record<string, unknown>[]> {
  const reading = createReading(source, rows)
  const cells: [string, Cell][] = []
  for (const name of names) {
    const column = columns.find(({ field }) => field.name === name)
    if (!column) throw new Error(`no column ${name}`)
    cells.push([name, await cellsOf(column, reading)])
  }
  for (let first = 0; first < rows; first += rowsAtOnce)
    yield Array.from({ length: Math.min(rowsAtOnce, rows - first) }, (_, at) =>
      Object.fromEntries(cells.map(([name, cell]) => [name, cell(first + at)])),
    )
}

type Cell = (row: number) => unknown
interface Reading {
  readonly rows: number
  /** A buffer of a column, of at least so many bytes. */
  buffer(column: ArrowColumn, place: number, least: number): Promise<Buffer>
}

function createReading(source: FileSource, rows: number): Reading {
  let left = batchLimit
  return {
    rows,
    async buffer({ field, buffers }, place, least) {
      const { at, length } = buffers[place] ?? { at: 0, length: 0 }
      left -= length
      if (left < 0) throw new Error(`a batch of more than ${bytesText(batchLimit)}`)
      if (length < least) throw new Error(`${bytesText(length)} for ${rows.toLocaleString('en-US')} of ${field.name}`)
      return source.read(at, length)
    },
  }
}

/** Of a picture's group only the bytes are looked at. */
async function cellsOf(column: ArrowColumn, reading: Reading): Promise<Cell> {
  const { type, isDictionary } = column.field
  if (type === Type.Struct_) {
    const part = column.children.find(({ field }) => field.name === 'bytes')
    if (!part) return () => null
    const bytes = await cellsOf(part, reading)
    return (row) => ({ bytes: bytes(row) })
  }
  const isThere = await validityOf(column, reading)
  const cell =
    isDictionary || (type !== Type.Binary && type !== Type.LargeBinary && type !== Type.Int)
      ? () => null
      : type === Type.Int
        ? await numbersOf(column, reading)
        : await bytesOf(column, reading)
  return (row) => (isThere(row) ? cell(row) : null)
}

/** A bit for each row; none where all are there. */
async function validityOf(column: ArrowColumn, { rows, buffer }: Reading): Promise<(row: number) => boolean> {
  if ((column.buffers[0]?.length ?? 0) === 0) return () => true
  const bits = await buffer(column, 0, Math.ceil(rows / 8))
  return (row) => ((bits[row >> 3] ?? 0) & (1 << (row & 7))) !== 0
}

async function numbersOf(column: ArrowColumn, { rows, buffer }: Reading): Promise<Cell> {
  const { bits, isSigned } = column.field
  const size = bits / 8
  const values = await buffer(column, 1, rows * size)
  if (bits === 64) return (row) => values.readBigInt64LE(row * 8)
  if (bits !== 8 && bits !== 16 && bits !== 32) throw new Error(`numbers of ${String(bits)} bits`)
  return isSigned ? (row) => values.readIntLE(row * size, size) : (row) => values.readUIntLE(row * size, size)
}

async function bytesOf(column: ArrowColumn, { rows, buffer }: Reading): Promise<Cell> {
  const isLarge = column.field.type === Type.LargeBinary
  const size = isLarge ? 8 : 4
  const places = await buffer(column, 1, rows === 0 ? 0 : (rows + 1) * size)
  const bytes = await buffer(column, 2, 0)
  const placeOf = (row: number): number =>
    isLarge ? Number(places.readBigInt64LE(row * size)) : places.readInt32LE(row * size)
  return (row) => {
    const [first, end] = [placeOf(row), placeOf(row + 1)]
    if (first >= 0 && end >= first && end <= bytes.length) return bytes.subarray(first, end)
    throw new Error(`${column.field.name} ${(row + 1).toLocaleString('en-US')} from byte ${first} to ${end}`)
  }
}
