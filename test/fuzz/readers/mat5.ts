import { openMat5 } from '../../../src/main/engine/families/datasets/files/mat5'
import { name, where } from './support/inFile'

export const read = async (bytes: Buffer): Promise<void> => {
  const { shapes, read } = await openMat5(bytes, { name, where, limit: 16_000_000 })
  for (const matrix of shapes.keys()) await read(matrix)
}
