import { openNpz } from '../../../src/main/engine/families/datasets/files/npz'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.npz', async (path) => {
    const file = await openNpz(path, { limit: 16_000_000 })
    try {
      for (const array of file.names) {
        await file.header(array)
        await file.read(array)
      }
    } finally {
      file.close()
    }
  })
