/**
 * Pages of a column, held against what they claim before hyparquet decodes them: it takes a page's word for how many
 * values there are, how often one is repeated and how much of the last one is to be taken again.
 */
import type { ColumnMetaData, DataPageHeader, PageHeader, SchemaTree } from 'hyparquet'
import { parquetHeader } from 'hyparquet/src/column.js'
import { deltaBinaryUnpack } from 'hyparquet/src/delta.js'
import { readRleBitPackedHybrid } from 'hyparquet/src/encoding.js'
import { getMaxDefinitionLevel, getMaxRepetitionLevel } from 'hyparquet/src/schema.js'
import { readVarInt } from 'hyparquet/src/thrift.js'
import { endOfStruct } from './parquetThrift'

/** Bit-packed values come in groups of 8, of which writers have put up to 63 at once: the last may be padding. */
const padding = 504

export interface PageColumn {
  readonly path: SchemaTree[]
  readonly metadata: ColumnMetaData
}

export interface PageLimits {
  /** Takes values of a page from those that the column may have. @throws Error where they are more */
  spendValues(count: number): void
  /** Takes memory from what may be unpacked. @throws Error where it is more */
  spendBytes(bytes: number): void
  unpack(packed: Uint8Array, length: number): Uint8Array
}

interface Reader {
  readonly view: DataView
  offset: number
}

const readerOf = ({ buffer, byteOffset, byteLength }: Uint8Array): Reader => ({
  view: new DataView(buffer, byteOffset, byteLength),
  offset: 0,
})

const bitsFor = (value: number): number => 32 - Math.clz32(value)
/** @param count as the file has it: a header may leave it out */
const claims = (count: number | undefined, what: string): Error =>
  new Error(`a page that claims ${count?.toLocaleString('en-US') ?? 'no number of'} ${what}`)

/** Runs of one value, and of packed ones, up to `count` in all; the reader stays where it is. */
function checkRuns({ view, offset }: Reader, width: number, count: number): void {
  const reader = { view, offset }
  for (let seen = 0; seen < count;) {
    const head = readVarInt(reader)
    const packed = (head & 1) === 1
    const run = packed ? (head >>> 1) * 8 : head >>> 1
    if (run > count - seen + padding)
      throw claims(run, `values where ${(count - seen).toLocaleString('en-US')} are left`)
    seen += run
    // hyparquet reads a byte of packed values even where they have no width.
    reader.offset += packed ? Math.max(1, (run / 8) * width) : (width + 7) >> 3
  }
}

/** Levels with their length before them, which the reader then is behind: how many of `count` are `largest`. */
function countLevels(reader: Reader, largest: number, count: number): number {
  if (largest === 0) return count
  checkRuns({ ...reader, offset: reader.offset + 4 }, bitsFor(largest), count)
  const levels = new Array<number>(count)
  readRleBitPackedHybrid(reader, bitsFor(largest), levels)
  return levels.reduce((sum, level) => sum + (level === largest ? 1 : 0), 0)
}

/** Blocks that go on: hyparquet would read the same one for ever, or take memory for miniblocks that are not there. */
function checkBlocks({ view, offset }: Reader): void {
  const reader = { view, offset }
  const size = readVarInt(reader)
  const parts = readVarInt(reader)
  if (!(size > 0 && parts > 0 && parts <= view.byteLength)) throw claims(parts, `parts of a block of ${size}`)
}

function readDeltas(reader: Reader, count: number): Int32Array {
  checkBlocks(reader)
  const values = new Int32Array(count)
  deltaBinaryUnpack(reader, count, values)
  return values
}

/** Values that begin as the one before: what they come to in all. */
function checkPrefixes(reader: Reader, count: number, { spendBytes }: PageLimits): void {
  const prefixes = readDeltas(reader, count)
  const suffixes = readDeltas(reader, count)
  let before = 0
  for (const [index, prefix] of prefixes.entries()) {
    const suffix = suffixes[index] ?? 0
    if (!(prefix >= 0 && prefix <= before && suffix >= 0)) throw claims(prefix, `bytes of a value of ${before}`)
    before = prefix + suffix
    if (prefix > 0) spendBytes(before)
  }
}

interface Values {
  readonly encoding: DataPageHeader['encoding']
  readonly count: number
  /** Of the page: how it says how wide runs are. */
  readonly version: 1 | 2
}

function checkIndices(reader: Reader, { encoding, count, version }: Values, { metadata }: PageColumn): void {
  const truth = version === 1 ? metadata.type === 'BOOLEAN' : encoding === 'RLE'
  if (truth) return checkRuns({ ...reader, offset: 4 }, 1, count)
  const width = reader.view.getUint8(0)
  if (version === 2 || width > 0) checkRuns({ ...reader, offset: 1 }, width, count)
}

function checkValues(bytes: Uint8Array, values: Values, column: PageColumn, limits: PageLimits): void {
  const { encoding, count } = values
  if (count === 0) return
  const reader = readerOf(bytes)
  switch (encoding) {
    case 'PLAIN':
      return
    case 'RLE':
    case 'RLE_DICTIONARY':
    case 'PLAIN_DICTIONARY':
      return checkIndices(reader, values, column)
    case 'DELTA_BINARY_PACKED':
    case 'DELTA_LENGTH_BYTE_ARRAY':
      return checkBlocks(reader)
    case 'DELTA_BYTE_ARRAY':
      return checkPrefixes(reader, count, limits)
    case 'BYTE_STREAM_SPLIT':
      if ((column.path.at(-1)?.element.type_length ?? 0) * count > bytes.length) throw claims(count, 'values')
      return
    default:
      throw new Error(`values in the encoding ${String(encoding)}`)
  }
}

function checkData(page: Uint8Array, header: DataPageHeader, column: PageColumn, limits: PageLimits): void {
  const { num_values: all, encoding } = header
  limits.spendValues(all)
  const reader = readerOf(page)
  countLevels(reader, getMaxRepetitionLevel(column.path), all)
  const count = countLevels(reader, getMaxDefinitionLevel(column.path), all)
  checkValues(page.subarray(reader.offset), { encoding, count, version: 1 }, column, limits)
}

/** Levels lie before what is packed. @returns that and what it unpacks to */
function unpackSecond(packed: Uint8Array, header: PageHeader, column: PageColumn, limits: PageLimits): UnpackedPage {
  const { data_page_header_v2: own, uncompressed_page_size: size } = header
  if (!own) throw new Error('a page without a header of its own')
  const { repetition_levels_byte_length: first, definition_levels_byte_length: second, num_values: all } = own
  limits.spendValues(all)
  if (!(first >= 0 && second >= 0 && first + second <= packed.length)) throw claims(first + second, 'bytes of levels')
  const levels = [getMaxRepetitionLevel(column.path), getMaxDefinitionLevel(column.path)] as const
  const { view } = readerOf(packed)
  if (levels[0] > 0) checkRuns({ view, offset: 0 }, bitsFor(levels[0]), all)
  if (levels[1] > 0) checkRuns({ view, offset: first }, bitsFor(levels[1]), all)
  const rest = packed.subarray(first + (levels[1] > 0 ? second : 0))
  const length = size - first - second
  const page = own.is_compressed === false || length === 0 ? rest : limits.unpack(rest, length)
  if (!(own.num_nulls >= 0 && own.num_nulls <= all)) throw claims(own.num_nulls, 'absent values')
  checkValues(page, { encoding: own.encoding, count: all - own.num_nulls, version: 2 }, column, limits)
  return { packed: rest, page }
}

/** A page's bytes as they lie there, and what they unpack to. */
export interface UnpackedPage {
  readonly packed: Uint8Array
  readonly page: Uint8Array
}

function unpackPage(packed: Uint8Array, header: PageHeader, column: PageColumn, limits: PageLimits): UnpackedPage {
  if (header.type === 'DATA_PAGE_V2') return unpackSecond(packed, header, column, limits)
  const page = limits.unpack(packed, header.uncompressed_page_size)
  const { data_page_header: data, dictionary_page_header: dictionary } = header
  if (header.type === 'DATA_PAGE' && data) checkData(page, data, column, limits)
  // Each of its values has a byte at least.
  else if (header.type !== 'DICTIONARY_PAGE' || !dictionary || !(dictionary.num_values <= page.length))
    throw claims(dictionary?.num_values ?? 0, 'values of a dictionary')
  return { packed, page }
}

/** Pages one after the other, as they lie in a column. @throws Error where one claims what is not there */
export function unpackPages(bytes: Uint8Array, column: PageColumn, limits: PageLimits): UnpackedPage[] {
  const pages: UnpackedPage[] = []
  for (let at = 0; at < bytes.length;) {
    const start = endOfStruct(bytes, at)
    const header = parquetHeader({ ...readerOf(bytes), offset: at })
    const { compressed_page_size: size, uncompressed_page_size: unpacked } = header
    if (!(size >= 0 && size <= bytes.length - start)) throw claims(size, 'bytes')
    if (!(unpacked >= 0)) throw claims(unpacked, 'unpacked bytes')
    pages.push(unpackPage(bytes.subarray(start, start + size), header, column, limits))
    at = start + size
  }
  return pages
}
