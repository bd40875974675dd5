import { openParquet } from '../../../src/main/engine/families/datasets/files/parquet'
import { chooseColumns } from '../../../src/main/engine/families/datasets/parquet/columns'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.parquet', async (path) => {
    const file = await openParquet(path)
    try {
      const { picture, label } = chooseColumns(file, '')
      for await (const rows of file.read([picture, label])) if (rows.length > 100_000) return
    } finally {
      await file.close()
    }
  })
