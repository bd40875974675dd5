import { openRunFile } from '../../../src/main/engine/control/exports/runFile'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.abdrun', async (path) => {
    const file = await openRunFile(path)
    try {
      for (const { id } of file.description.stages) await file.series(id)
    } finally {
      file.close()
    }
  })
