/** Tables of pictures and labels, whatever files they come in; looked at by their columns, read a few rows at once. */
import { basename } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'

export interface TableColumn {
  readonly name: string
  /** Of a group (a picture's bytes and path). */
  readonly children: readonly string[]
  /** Of a plain column; other kinds than these are neither pictures nor labels. */
  readonly type: 'bytes' | 'integer' | 'other'
}

export interface TableFile {
  readonly path: string
  readonly rows: number
  readonly columns: readonly TableColumn[]
  /** What the writer's library says of itself under a key (the hub's "huggingface"), else null. */
  note(key: string): string | null
  /** Rows of some columns, a few at a time. @throws RefusedInputError for damaged files */
  read(columns: readonly string[]): AsyncGenerator<Record<string, unknown>[]>
  close(): Promise<void>
}

export interface TableFormat {
  /** "a Parquet file" */
  readonly title: string
  readonly wanted: string
  readonly action: string
}

/** What a reader of tables throws, as a refusal of the file. */
export const tableRefusal = (
  error: unknown,
  path: string,
  { title, wanted, action }: TableFormat,
): RefusedInputError =>
  error instanceof RefusedInputError
    ? error
    : new RefusedInputError(`${quoteFromFile(basename(path))} cannot be read as ${title}.`, {
        wanted,
        got: error instanceof Error ? error.message : String(error),
        where: path,
        action,
        cause: error,
      })
