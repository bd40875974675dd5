import { openPickleFile } from '../../../src/main/engine/families/datasets/files/pickleFile'
import { inFile } from './support/inFile'
import { readArrays } from './support/readArrays'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.pkl', async (path) => readArrays(await openPickleFile(path, { limit: 16_000_000 })))
