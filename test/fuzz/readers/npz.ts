import { openNpz } from '../../../src/main/engine/families/datasets/files/npz'
import { inFile } from './support/inFile'
import { readArrays } from './support/readArrays'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.npz', async (path) => readArrays(await openNpz(path, { limit: 16_000_000 })))
