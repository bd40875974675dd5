/** Tables of pictures and labels, whatever files they come in; looked at by their columns, read a few rows at once. */
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
