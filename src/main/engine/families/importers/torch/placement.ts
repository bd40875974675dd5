/** Where a pickle's tensors lie in the file. */
import type { PickleProgram } from '../pickle/machine'
import type { PickleTensor } from '../pickle/values'
import type { StoredMap, StoredTensor } from '../../../weights/stored'
import { bytesPer } from '../../../weights/weightMap'

/** What torch.save wrote: objects, and where the values of their tensors lie. */
export interface SavedObjects extends Pick<PickleProgram, 'value' | 'foreign'> {
  /** The bytes of the program, which bytes and long text among the objects point into. */
  readonly program: Buffer
  /** The byte of the file where a storage begins. @throws RefusedInputError where the file lacks it */
  startOf(storage: string): number
  /** Checks the checksums of the values, where the format has some. @throws RefusedInputError where one is wrong */
  verify(): Promise<void>
}

/**
 * A tensor's place; no value is read.
 * @param startOf the byte of the file where a storage begins
 */
export const placeTensor = (
  { dtype, shape, strides, offset, storage }: PickleTensor,
  startOf: (storage: string) => number,
): StoredTensor => ({ dtype, shape, strides, at: startOf(storage.key) + offset * bytesPer(dtype) })

export const placeTensors = (
  tensors: ReadonlyMap<string, PickleTensor>,
  startOf: (storage: string) => number,
): StoredMap => new Map([...tensors].map(([name, tensor]) => [name, placeTensor(tensor, startOf)]))
