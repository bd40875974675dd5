import { openArrow } from '../../../src/main/engine/families/datasets/files/arrow'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.arrow', async (path) => {
    const file = await openArrow(path)
    try {
      for await (const rows of file.read(file.columns.map(({ name }) => name))) if (rows.length === 0) break
    } finally {
      await file.close()
    }
  })
