/**
 * Columns of pictures and labels out of Parquet files, piece by piece: the footer first, then one row group after the
 * other. Thrift, encodings and compression are hyparquet's.
 */
import { basename } from 'node:path'
import { parquetMetadataAsync, parquetReadObjects, parquetSchema, type AsyncBuffer, type FileMetaData } from 'hyparquet'
import { compressors } from 'hyparquet-compressors'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, openFileSource, type FileSource } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { letOthersWork } from '../../../images/yielding'

const magic = 'PAR1'
/** Of a million pictures in groups of a hundred it takes about 10 MB. */
const footerLimit = 64_000_000
/** Of a row group's columns that are read, packed or not; the hub's have some MB. */
const groupLimit = 500_000_000
const pageLimit = 250_000_000
const rowsAtOnce = 1000

export interface ParquetColumn {
  readonly name: string
  /** Of a group (a picture's bytes and path). */
  readonly children: readonly string[]
  /** Physical type of a plain column. */
  readonly type: string | undefined
}

export interface ParquetFile {
  readonly path: string
  readonly rows: number
  readonly columns: readonly ParquetColumn[]
  /** What the writer's library says of itself under a key (the hub's "huggingface"), else null. */
  note(key: string): string | null
  /** Rows of some columns, a few at a time. @throws RefusedInputError for damaged files */
  read(columns: readonly string[]): AsyncGenerator<Record<string, unknown>[]>
  close(): Promise<void>
}

/** A page states its size before it is unpacked: each has a bound, and all that are read at once have one. */
function boundedCompressors(): typeof compressors {
  let left = groupLimit
  return Object.fromEntries(
    Object.entries(compressors).map(([codec, unpack]) => [
      codec,
      (input: Uint8Array, length: number): Uint8Array => {
        if (!(length >= 0 && length <= Math.min(pageLimit, left))) throw new Error(`a page of ${bytesText(length)}`)
        left -= length
        return unpack(input, length)
      },
    ]),
  )
}

/**
 * Rows of a range. Where hyparquet throws while it has begun to read some columns, it forgets those, and what they
 * reject with would end the process: after a fault their bytes never come, and bytes that cannot be read end the call
 * past hyparquet, which may wait for another column.
 */
async function readRows(
  file: AsyncBuffer,
  options: Omit<Parameters<typeof parquetReadObjects>[0], 'file' | 'compressors'>,
): Promise<Record<string, unknown>[]> {
  let failed = false
  const never = new Promise<never>(() => undefined)
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): Promise<never> => {
      failed = true
      reject(error as Error)
      return never
    }
    const gated: AsyncBuffer = {
      byteLength: file.byteLength,
      async slice(start, end) {
        // Not before hyparquet has begun, or failed to begin, to read every column.
        const [read] = await Promise.allSettled([file.slice(start, end), letOthersWork()])
        if (failed) return never
        return read.status === 'fulfilled' ? read.value : fail(read.reason)
      },
    }
    parquetReadObjects({ ...options, file: gated, compressors: boundedCompressors() }).then(resolve, fail)
  })
}

/** @throws RefusedInputError when the file is no whole Parquet file */
export async function openParquet(path: string): Promise<ParquetFile> {
  const source = await openFileSource(path)
  const refuse = (error: unknown): RefusedInputError =>
    error instanceof RefusedInputError
      ? error
      : new RefusedInputError(`${quoteFromFile(basename(path))} cannot be read as a Parquet file.`, {
          wanted: 'a whole Parquet file',
          got: error instanceof Error ? error.message : String(error),
          where: path,
          action: 'Download it again; files of Git LFS that were not fetched are a few lines of text.',
          cause: error,
        })
  try {
    await checkFooter(source)
    const file = {
      byteLength: source.size,
      slice: async (start: number, end = source.size): Promise<ArrayBuffer> => {
        const { buffer } = await source.read(start, end - start)
        return buffer as ArrayBuffer
      },
    }
    const metadata = await parquetMetadataAsync(file)
    return {
      path,
      rows: metadata.row_groups.reduce((sum, group) => sum + Number(group.num_rows), 0),
      columns: parquetSchema(metadata).children.map(({ element, children }) => ({
        name: nameOf(element),
        children: children.map((child) => nameOf(child.element)),
        type: element.type,
      })),
      note: (key) => metadata.key_value_metadata?.find((entry) => entry.key === key)?.value ?? null,
      async *read(columns) {
        try {
          for (const [first, last] of piecesOf(metadata, columns)) {
            const options = { columns: [...columns], rowStart: first, rowEnd: last, utf8: false, useOffsetIndex: true }
            const rows = await readRows(file, { metadata, ...options })
            if (rows.length !== last - first) throw new Error(`${rows.length} rows of ${last - first}`)
            yield rows
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

/** What a footer says it holds is not held against the format by hyparquet. */
function nameOf({ name }: { readonly name: unknown }): string {
  if (typeof name === 'string') return name
  throw new Error('a column without a name')
}

async function checkFooter(source: FileSource): Promise<void> {
  if (source.size < 12) throw new Error(`${bytesText(source.size)} in all`)
  const end = await source.read(source.size - 8, 8)
  if (end.toString('latin1', 4) !== magic) throw new Error(`the last bytes ${end.subarray(4).toString('hex')}`)
  const length = end.readUInt32LE(0)
  if (length > Math.min(footerLimit, source.size - 12) || length === 0)
    throw new Error(`a footer of ${bytesText(length)}`)
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
