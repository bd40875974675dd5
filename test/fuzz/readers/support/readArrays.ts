import type { ArrayFile } from '../../../../src/main/engine/families/datasets/files/arrayFile'

/** Every array of a file, by its header and whole. */
export async function readArrays(file: ArrayFile): Promise<void> {
  try {
    for (const array of file.names) {
      await file.header(array)
      await file.read(array)
    }
  } finally {
    file.close()
  }
}
