/** Where a pickle's tensors lie in the file. */
import { RefusedInputError } from '../../../../../shared/errors'
import { importLimits } from '../../../weights/importLimits'
import type { PickleTensor } from '../pickle/values'
import { quoteFromFile } from '../../../weights/fileText'
import { overlapsItself, spanOf, type StoredMap } from '../../../weights/stored'
import { bytesPer, elementCount } from '../../../weights/weightMap'

/**
 * The tensors' places; no value is read.
 * @param startOf the byte of the file where a storage begins
 * @throws RefusedInputError where shared storages would expand beyond a multiple of the file, or a tensor overlaps
 *   itself
 */
export function placeTensors(
  tensors: ReadonlyMap<string, PickleTensor>,
  fileBytes: number,
  startOf: (key: string) => number,
): StoredMap {
  requireBoundedExpansion(tensors, fileBytes)
  return new Map(
    [...tensors].map(([name, tensor]) => {
      const { dtype, shape, strides, offset, storage } = tensor
      if (overlapsItself(tensor)) {
        throw new RefusedInputError(`The tensor ${quoteFromFile(name)} overlaps itself.`, {
          wanted: 'each element at a place of its own',
          got: `size [${shape.join(', ')}], stride [${strides.join(', ')}]`,
          where: quoteFromFile(name),
          action: 'Save it as tensor.clone().',
        })
      }
      return [name, { dtype, shape, strides, at: startOf(storage.key) + offset * bytesPer(dtype) }]
    }),
  )
}

/**
 * Counts what has to be read as well as what would be made: a view with gaps reads more than it holds, a repeated one
 * holds more.
 */
function requireBoundedExpansion(tensors: ReadonlyMap<string, PickleTensor>, fileBytes: number): void {
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
