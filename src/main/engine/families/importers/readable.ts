/** Whether the tensors of one network can be read within bounds. */
import { RefusedInputError } from '../../../../shared/errors'
import { importLimits } from '../../weights/importLimits'
import { quoteFromFile } from '../../weights/fileText'
import { overlapsItself, spanOf, type StoredMap } from '../../weights/stored'
import { bytesPer, elementCount } from '../../weights/weightMap'

/**
 * To be called before values are read.
 * @throws RefusedInputError where shared storages would expand beyond a multiple of the file, or a tensor overlaps
 *   itself
 */
export function requireReadable(tensors: StoredMap, fileBytes: number): void {
  requireBoundedExpansion(tensors, fileBytes)
  for (const [name, tensor] of tensors) {
    if (!overlapsItself(tensor)) continue
    throw new RefusedInputError(`The tensor ${quoteFromFile(name)} overlaps itself.`, {
      wanted: 'each element at a place of its own',
      got: `size [${tensor.shape.join(', ')}], stride [${tensor.strides.join(', ')}]`,
      where: quoteFromFile(name),
      action: 'Save it as tensor.clone().',
    })
  }
}

/**
 * Counts what has to be read as well as what would be made: a view with gaps reads more than it holds, a repeated one
 * holds more.
 */
function requireBoundedExpansion(tensors: StoredMap, fileBytes: number): void {
  let total = 0
  for (const tensor of tensors.values())
    total += Math.max(elementCount(tensor.shape), spanOf(tensor)) * bytesPer(tensor.dtype)
  const most = fileBytes * importLimits.sharedExpansion + 2 ** 20
  // Not `total > most`: a total that is no number must not pass.
  if (!(total <= most)) {
    throw new RefusedInputError('The tensors of the file share storage beyond bounds.', {
      wanted: `at most ${most} bytes of tensors`,
      got: `${total} bytes`,
      action: 'Save each tensor with its own storage (tensor.clone()).',
    })
  }
}
