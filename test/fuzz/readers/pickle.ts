import { runPickle } from '../../../src/main/engine/families/importers/pickle/machine'
import { findNetworks } from '../../../src/main/engine/families/importers/torch/networks'
import { createStorageTable } from '../../../src/main/engine/families/importers/torch/storages'

export const read = async (bytes: Buffer): Promise<void> => {
  const { value } = runPickle(bytes, 0, createStorageTable().load)
  findNetworks(value)
}
