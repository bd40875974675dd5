import { openTorchArrays } from '../../../src/main/engine/families/datasets/files/torchArrays'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.pt', async (path) => {
    const file = await openTorchArrays(path, { limit: 16_000_000 })
    try {
      for (const array of file.names) {
        await file.header(array)
        await file.read(array)
      }
    } finally {
      file.close()
    }
  })
