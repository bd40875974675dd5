import { listArchive } from '../../../src/main/engine/families/datasets/files/archives'
import { inFile } from './support/inFile'

export const read = (bytes: Buffer): Promise<void> =>
  inFile(bytes, bytes[0] === 0x50 ? '.zip' : bytes[0] === 0x1f ? '.tar.gz' : '.tar', async (path) => {
    await (await listArchive(path)).files()
  })
