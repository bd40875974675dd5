/** The objects of a file of torch.save, in either of its formats. */
import type { ByteSource } from '../../../weights/byteSource'
import { readTorchLegacy } from './legacy'
import type { SavedObjects } from './placement'
import { readTorchZip, torchZip } from './zip'

/** @throws RefusedInputError for files of other kinds, and for programs that would run something */
export async function openSaved(source: ByteSource): Promise<SavedObjects> {
  const head = await source.read(0, Math.min(64, source.size))
  const isZip = torchZip.match({ head, size: source.size, name: source.name })
  return isZip ? readTorchZip(source) : readTorchLegacy(source)
}
