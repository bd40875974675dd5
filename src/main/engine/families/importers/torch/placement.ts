/** Where a pickle's tensors lie in the file. */
import type { PickleTensor } from '../pickle/values'
import type { StoredMap } from '../../../weights/stored'
import { bytesPer } from '../../../weights/weightMap'

/**
 * The tensors' places; no value is read.
 * @param startOf the byte of the file where a storage begins
 */
export const placeTensors = (
  tensors: ReadonlyMap<string, PickleTensor>,
  startOf: (storage: string) => number,
): StoredMap =>
  new Map(
    [...tensors].map(([name, { dtype, shape, strides, offset, storage }]) => [
      name,
      { dtype, shape, strides, at: startOf(storage.key) + offset * bytesPer(dtype) },
    ]),
  )
