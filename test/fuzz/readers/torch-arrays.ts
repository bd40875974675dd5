import { openTorchArrays } from '../../../src/main/engine/families/datasets/files/torchArrays'
import { inFile } from './support/inFile'
import { readArrays } from './support/readArrays'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, '.pt', async (path) => readArrays(await openTorchArrays(path, { limit: 16_000_000 })))
