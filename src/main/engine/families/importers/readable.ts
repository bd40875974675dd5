/** Whether the tensors of one network can be read within bounds. */
import { RefusedInputError } from '../../../../shared/errors'
import { bytesText } from '../../weights/byteSource'
import { importLimits } from '../../weights/importLimits'
import { quoteFromFile } from '../../weights/fileText'
import { placeOf, spanOf, type StoredMap } from '../../weights/stored'
import { bytesPer, elementCount } from '../../weights/weightMap'

/**
 * To be called before values are read. Views are as PyTorch writes them: they may share a storage, overlap in
 * themselves (a sliding window) and repeat elements (stride 0, what expand() gives).
 *
 * Counted is what has to be read as well as what would be made: a view with gaps reads more than it holds, a repeated
 * one holds more. Tied weights are read once.
 * @throws RefusedInputError where shared storages would expand beyond bounds
 */
export function requireReadable(tensors: StoredMap, fileBytes: number): void {
  const places = new Set<string>()
  let total = 0
  let largest = { name: '', bytes: -1 }
  for (const [name, tensor] of tensors) {
    const place = placeOf(tensor)
    if (places.has(place)) continue
    places.add(place)
    const bytes = Math.max(elementCount(tensor.shape), spanOf(tensor)) * bytesPer(tensor.dtype)
    total += bytes
    if (bytes > largest.bytes) largest = { name, bytes }
  }
  const most = fileBytes * importLimits.sharedExpansion + importLimits.expandedBytes
  // Not `total > most`: a total that is no number must not pass.
  if (!(total <= most))
    throw new RefusedInputError('The tensors of the file share and repeat elements beyond bounds.', {
      wanted: `at most ${bytesText(most)} of tensors in a file of ${bytesText(fileBytes)}`,
      got: bytesText(total),
      where: `${quoteFromFile(largest.name)}, ${bytesText(largest.bytes)}`,
      action: 'Save it with a storage of its own (tensor.clone()), or leave it out.',
    })
}
