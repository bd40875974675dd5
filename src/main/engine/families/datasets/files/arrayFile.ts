/** Named arrays, whatever holds them: looked at by their headers, read one at a time. */
import type { NpyArray, NpyHeader } from './npy'

export interface ArrayFile {
  /** The arrays' names, without ".npy"; empty for one that is the whole file. */
  readonly names: readonly string[]
  /** Where an array lies, for messages. */
  placeOf(name: string): string
  /** Type and shape. @throws RefusedInputError for objects, and for what is no array */
  header(name: string): Promise<NpyHeader>
  read(name: string): Promise<NpyArray>
  close(): void
}

export interface ArrayOptions {
  /** Of all arrays that are read, unpacked. */
  readonly limit: number
  readonly signal?: AbortSignal | undefined
}

/** A header of version 1 is at most 64 kB; those of NumPy's own arrays take 128 bytes. */
export const headerLimit = 66_000

/** The arrays of several files, each behind the name of its file: "train/images"; one without a name has the file's. */
export function joinArrays(files: readonly { readonly name: string; readonly file: ArrayFile }[]): ArrayFile {
  const places = new Map<string, { readonly name: string; readonly file: ArrayFile }>(
    files.flatMap(({ name: of, file }) =>
      file.names.map((name) => [name === '' ? of : `${of}/${name}`, { name, file }] as const),
    ),
  )
  const at = (joined: string): { name: string; file: ArrayFile } => {
    const place = places.get(joined)
    if (!place) throw new Error(`There is no array ${joined}.`)
    return place
  }
  return {
    names: [...places.keys()],
    placeOf: (joined) => at(joined).file.placeOf(at(joined).name),
    header: (joined) => at(joined).file.header(at(joined).name),
    read: (joined) => at(joined).file.read(at(joined).name),
    close: () => files.forEach(({ file }) => file.close()),
  }
}
