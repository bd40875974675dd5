/** NumPy's .npy arrays side by side in a folder, each a file of its own. */
import { join } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, openFileSource } from '../../../weights/byteSource'
import { headerLimit, type ArrayFile, type ArrayOptions } from './arrayFile'
import { parseNpyHeader, readNpy } from './npy'

const withoutExtension = (name: string): string => name.replace(/\.npy$/i, '')

/** @param files names in the folder, with ".npy" */
export function openNpyFolder(folder: string, files: readonly string[], { limit, signal }: ArrayOptions): ArrayFile {
  const paths = new Map(files.map((file) => [withoutExtension(file), join(folder, file)]))
  const placeOf = (name: string): string => paths.get(name) ?? join(folder, `${name}.npy`)
  let left = limit
  return {
    names: [...paths.keys()],
    placeOf,
    close: () => undefined,
    async header(name) {
      const source = await openFileSource(placeOf(name))
      try {
        return parseNpyHeader(await source.read(0, Math.min(headerLimit, source.size)), name, placeOf(name))
      } finally {
        await source.close()
      }
    },
    async read(name) {
      signal?.throwIfAborted()
      const source = await openFileSource(placeOf(name))
      const { size } = source
      await source.close()
      left -= size
      if (left < 0)
        throw new RefusedInputError('The arrays hold more than fits into memory.', {
          wanted: `at most ${bytesText(limit)} of images and labels`,
          got: `${name}.npy of ${bytesText(size)}`,
          where: placeOf(name),
          action: 'Save fewer images.',
        })
      const array = await readNpy(placeOf(name), size)
      signal?.throwIfAborted()
      return array
    },
  }
}
