import { readImageArray, readLabelArray } from '../../../src/main/engine/families/datasets/files/imageArrays'
import { parseNpy } from '../../../src/main/engine/families/datasets/files/npy'
import { createYielding } from '../../../src/main/engine/images/yielding'
import { anyOf } from './support/anyOf'
import { name, where } from './support/inFile'

export const read = async (bytes: Buffer): Promise<void> => {
  const array = { name, where, array: parseNpy(bytes, name, where) }
  await anyOf(
    () => readImageArray(array, createYielding()),
    () => readLabelArray(array, createYielding()),
  )
}
