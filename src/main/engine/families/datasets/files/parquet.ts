/**
 * Columns of pictures and labels out of Parquet files, piece by piece: the footer first, then one row group after the
 * other. Thrift, encodings and compression are hyparquet's.
 */
import {
  parquetMetadata,
  parquetSchema,
  type AsyncBuffer,
  type ColumnMetaData,
  type FileMetaData,
  type SchemaTree,
} from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { parquetPlan } from 'hyparquet/src/plan.js'
import { assembleAsync, asyncGroupToRows, readRowGroup } from 'hyparquet/src/rowgroup.js'
import { getMaxRepetitionLevel, getTreePath } from 'hyparquet/src/schema.js'
import { bytesText, openFileSource, type FileSource } from '../../../weights/byteSource'
import { unpackPages, type PageLimits, type UnpackedPage } from './parquetPages'
import { endOfStruct } from './parquetThrift'
import { tableRefusal, type TableColumn, type TableFile, type TableFormat } from './tableFile'
import { checkZstd } from './zstdFrames'

const magic = 'PAR1'
/** Of a million pictures in groups of a hundred it takes about 10 MB. */
const footerLimit = 64_000_000
/** Of a row group's columns that are read, packed or not; the hub's have some MB. */
const groupLimit = 500_000_000
const pageLimit = 250_000_000
const rowsAtOnce = 1000
/** So many pictures may be the same one and take no byte each. */
const fewRows = 65_536
const mostElements = 10_000
/** What a file of any size may unpack to at once, and what a byte more of it adds: DEFLATE's ratio. */
const unpackedFloor = 16_000_000
const largestRatio = 1032

type Plan = ReturnType<typeof parquetPlan>
type AsyncColumn = ReturnType<typeof readRowGroup>['asyncColumns'][number]
type Chunk = Plan['groups'][number]['chunks'][number]

/** A page states its size before it is unpacked: each has a bound, and all that are read at once have one. */
function pageLimits(
  codec: ColumnMetaData['codec'],
  mostValues: number,
  spendBytes: (bytes: number) => void,
): PageLimits {
  let values = mostValues
  const unpack = compressors[codec]
  return {
    spendBytes,
    spendValues(count) {
      if (!(count >= 0 && count <= values)) throw new Error(`a page of ${String(count)} values`)
      values -= count
    },
    unpack(packed, length) {
      if (codec === 'UNCOMPRESSED') return packed
      if (!unpack) throw new Error(`pages packed by ${codec}`)
      if (!(length >= 0 && length <= pageLimit)) throw new Error(`a page of ${bytesText(length)}`)
      spendBytes(length)
      if (codec === 'ZSTD') checkZstd(packed, length)
      const page = unpack(packed, length)
      if (page.length !== length) throw new Error(`a page of ${bytesText(page.length)}, not ${bytesText(length)}`)
      return page
    },
  }
}

interface GroupReading {
  readonly source: FileSource
  readonly plan: Plan
  readonly group: Plan['groups'][number]
  readonly schema: SchemaTree
  readonly spendBytes: (bytes: number) => void
}

/** A column of a group. What hyparquet reads of it was checked and unpacked before, in the same order. */
async function readChunk(
  chunk: Chunk,
  { source, plan, group, schema, spendBytes }: GroupReading,
): Promise<AsyncColumn> {
  const { columnMetadata: metadata } = chunk
  const path = getTreePath(schema, metadata.path_in_schema)
  const values = getMaxRepetitionLevel(path) === 0 ? group.groupRows : mostRows(source)
  const limits = pageLimits(metadata.codec, values, spendBytes)
  const index = 'offsetIndex' in chunk ? chunk.offsetIndex : null
  const pages: UnpackedPage[] = []
  async function slice(start: number, end: number): Promise<ArrayBuffer> {
    const bytes = await source.read(start, end - start)
    if (start === index?.startByte && end === index.endByte) endOfStruct(bytes)
    else for (const page of unpackPages(bytes, { path, metadata }, limits)) pages.push(page)
    return bytes.buffer as ArrayBuffer
  }
  /** Pages that are passed over are not asked for. */
  let next = 0
  function unpacked(packed: Uint8Array): Uint8Array {
    for (; next < pages.length; next++) {
      const { packed: known, page } = pages[next] as UnpackedPage
      if (Buffer.compare(known, packed) === 0) return (next++, page)
    }
    throw new Error('a page in two places')
  }
  let last: Promise<unknown> = Promise.resolve()
  const file: AsyncBuffer = {
    byteLength: source.size,
    slice: (start, end = source.size) => {
      const bytes = last.then(() => slice(start, end))
      last = bytes
      return bytes
    },
  }
  const options = { file, utf8: false, useOffsetIndex: true, compressors: { [metadata.codec]: unpacked } }
  const [column] = readRowGroup(options, plan, { ...group, chunks: [chunk] }).asyncColumns
  if (!column) throw new Error('a column that is not there')
  return { ...column, data: Promise.resolve(await column.data) }
}
interface Reading {
  readonly source: FileSource
  readonly metadata: FileMetaData
  readonly schema: SchemaTree
}

/** Rows of a range that lies in one group. */
async function readRows(
  { source, metadata, schema }: Reading,
  columns: readonly string[],
  [first, last]: readonly [number, number],
): Promise<Record<string, unknown>[]> {
  const wanted = { metadata, columns: [...columns], rowStart: first, rowEnd: last, useOffsetIndex: true }
  // hyparquet's parquetReadObjects reads columns at once that lie together: where a page begins could not be told.
  // A plan reads nothing.
  const plan = parquetPlan({ ...wanted, file: { byteLength: source.size, slice: () => new ArrayBuffer(0) } })
  const [group] = plan.groups
  if (!group) throw new Error(`no row group for row ${first}`)
  let left = Math.min(groupLimit, unpackedFloor + source.size * largestRatio)
  const spendBytes = (bytes: number): void => {
    if (bytes > left) throw new Error(`a page of ${bytesText(bytes)}`)
    left -= bytes
  }
  const reading = { source, plan, group, schema, spendBytes }
  // One after the other: side by side, the disk would decide which of two faulty columns is told of.
  const asyncColumns: Awaited<ReturnType<typeof readChunk>>[] = []
  for (const chunk of group.chunks) asyncColumns.push(await readChunk(chunk, reading))
  const { selectStart, selectEnd } = group
  const assembled = assembleAsync({ ...group, asyncColumns }, schema)
  const rows = await asyncGroupToRows(assembled, selectStart, selectEnd, [...columns], 'object')
  if (rows.length !== last - first) throw new Error(`${rows.length} rows of ${last - first}`)
  return rows
}

const format: TableFormat = {
  title: 'a Parquet file',
  wanted: 'a whole Parquet file',
  action: 'Download it again; files of Git LFS that were not fetched are a few lines of text.',
}

/** @throws RefusedInputError when the file is no whole Parquet file */
export async function openParquet(path: string): Promise<TableFile> {
  const source = await openFileSource(path)
  const refuse = (error: unknown): Error => tableRefusal(error, path, format)
  try {
    // Maps are no pictures; and where a column has less than no parts, hyparquet looks for them for ever.
    const metadata = parquetMetadata(await readFooter(source), { geoparquet: false })
    const rows = countRows(metadata, source)
    const schema = parquetSchema(metadata)
    return {
      path,
      rows,
      columns: schema.children.map(({ element, children }) => ({
        name: nameOf(element),
        children: children.map((child) => nameOf(child.element)),
        type: typeOf(element.type),
      })),
      note: (key) => metadata.key_value_metadata?.find((entry) => entry.key === key)?.value ?? null,
      async *read(columns) {
        try {
          for (const [first, last] of piecesOf(metadata, columns)) {
            yield await readRows({ source, metadata, schema }, columns, [first, last])
          }
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

function typeOf(physical: string | undefined): TableColumn['type'] {
  if (physical === 'BYTE_ARRAY') return 'bytes'
  return physical === 'INT32' || physical === 'INT64' ? 'integer' : 'other'
}

/** What a footer says it holds is not held against the format by hyparquet. */
function nameOf({ name }: { readonly name: unknown }): string {
  if (typeof name === 'string') return name
  throw new Error('a column without a name')
}

/** A picture takes a byte at least, but for some that are the same one. */
const mostRows = ({ size }: FileSource): number => Math.max(fewRows, size)

function countRows({ row_groups: groups, schema }: FileMetaData, source: FileSource): number {
  if (schema.length > mostElements) throw new Error(`${schema.length.toLocaleString('en-US')} columns`)
  const counts = groups.map((group) => Number(group.num_rows))
  const rows = counts.reduce((sum, count) => sum + count, 0)
  if (rows <= mostRows(source) && counts.every((count) => count >= 0)) return rows
  throw new Error(`${rows.toLocaleString('en-US')} rows in ${bytesText(source.size)}`)
}

/** The footer with its length and magic number. */
async function readFooter(source: FileSource): Promise<Uint8Array> {
  if (source.size < 12) throw new Error(`${bytesText(source.size)} in all`)
  const end = await source.read(source.size - 8, 8)
  if (end.toString('latin1', 4) !== magic) throw new Error(`the last bytes ${end.subarray(4).toString('hex')}`)
  const length = end.readUInt32LE(0)
  if (length > Math.min(footerLimit, source.size - 12) || length === 0)
    throw new Error(`a footer of ${bytesText(length)}`)
  const footer = await source.read(source.size - 8 - length, length + 8)
  endOfStruct(footer.subarray(0, length))
  return footer
}

/** Ranges of rows that lie in one row group each. @throws Error for a group beyond the bounds */
function* piecesOf(metadata: FileMetaData, columns: readonly string[]): Generator<[number, number]> {
  let first = 0
  for (const group of metadata.row_groups) {
    const bytes = group.columns
      .filter(({ meta_data: own }) => own !== undefined && columns.includes(own.path_in_schema[0] ?? ''))
      .reduce((sum, { meta_data: own }) => sum + Number(own?.total_uncompressed_size ?? 0), 0)
    if (bytes > groupLimit) throw new Error(`a row group of ${bytesText(bytes)}`)
    const last = first + Number(group.num_rows)
    // Without an index of its pages a group is unpacked whole for every part of it.
    const indexed = group.columns.every(({ offset_index_offset: offset }) => offset !== undefined)
    const step = indexed ? rowsAtOnce : last - first
    for (let at = first; at < last; at += step) yield [at, Math.min(at + step, last)]
    first = last
  }
}
