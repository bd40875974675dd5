import { openPickleArrays } from '../../../src/main/engine/families/datasets/files/pickleArrays'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.pkl', async (path) => {
    const file = await openPickleArrays(path, { limit: 16_000_000 })
    for (const array of file.names) {
      await file.header(array)
      await file.read(array)
    }
  })
