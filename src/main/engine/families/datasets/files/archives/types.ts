export interface ListOptions {
  /** Called for every file; false: enough was seen. */
  readonly onName: (name: string) => boolean
  readonly signal?: AbortSignal | undefined
}

export interface UnpackOptions {
  readonly folder: string
  readonly signal?: AbortSignal | undefined
  /** How far the work is, in units of the archive's own choice: files of a .zip, bytes of a .tar.gz. */
  readonly onFile?: ((done: number, total: number) => void) | undefined
}
