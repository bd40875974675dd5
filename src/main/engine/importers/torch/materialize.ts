/** Turns tensor descriptions into contiguous arrays, storage by storage. */
import { RefusedInputError } from '../../../../shared/errors'
import { importLimits } from '../limits'
import type { PickleTensor } from '../pickle/values'
import { bytesPer, elementCount, viewAs, type WeightData, type WeightMap, type WeightTensor } from '../weights'

/** Gives a storage's bytes, checked; asked once per storage. */
export type ReadStorage = (key: string) => Promise<Uint8Array>

/**
 * Copies every tensor out of its storage in row-major order; a tensor that is a whole storage takes it over without a copy.
 * @throws RefusedInputError when shared storage would expand beyond a multiple of the file
 */
export async function materialize(tensors: ReadonlyMap<string, PickleTensor>, fileBytes: number, readStorage: ReadStorage): Promise<WeightMap> {
  requireBoundedExpansion(tensors, fileBytes)
  const byStorage = new Map<string, [string, PickleTensor][]>()
  for (const [name, tensor] of tensors) {
    const users = byStorage.get(tensor.storage.key)
    if (users) users.push([name, tensor])
    else byStorage.set(tensor.storage.key, [[name, tensor]])
  }
  const read = new Map<string, WeightTensor>()
  for (const [key, users] of byStorage) {
    const bytes = await readStorage(key)
    for (const [name, tensor] of users) read.set(name, copyOut(tensor, bytes, users.length === 1))
  }
  const ordered: WeightMap = new Map()
  for (const name of tensors.keys()) {
    const tensor = read.get(name)
    if (tensor) ordered.set(name, tensor)
  }
  return ordered
}

function requireBoundedExpansion(tensors: ReadonlyMap<string, PickleTensor>, fileBytes: number): void {
  let total = 0
  for (const tensor of tensors.values()) total += elementCount(tensor.shape) * bytesPer(tensor.dtype)
  const most = fileBytes * importLimits.sharedExpansion + 2 ** 20
  // Not `total > most`: a total that is no number must not pass.
  if (!(total <= most)) {
    throw new RefusedInputError('The tensors of the file share storage beyond bounds.', {
      wanted: `at most ${most} bytes of tensors`, got: `${total} bytes`, action: 'Save each tensor with its own storage (tensor.clone()).',
    })
  }
}

function copyOut(tensor: PickleTensor, bytes: Uint8Array, alone: boolean): WeightTensor {
  const { dtype, shape } = tensor
  const storage = viewAs(dtype, bytes)
  const count = elementCount(shape)
  if (alone && count === storage.length && tensor.offset === 0 && isContiguous(tensor)) return { dtype, shape, data: storage }
  const data = viewAs(dtype, new Uint8Array(count * bytesPer(dtype)))
  if (isContiguous(tensor)) setRange(data, storage, tensor.offset, count)
  else gather(tensor, storage, data)
  return { dtype, shape, data }
}

function isContiguous({ shape, strides }: PickleTensor): boolean {
  let expected = 1
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis] ?? 0
    if (extent > 1 && strides[axis] !== expected) return false
    expected *= extent
  }
  return true
}

function setRange(target: WeightData, source: WeightData, offset: number, count: number): void {
  if (target instanceof BigInt64Array && source instanceof BigInt64Array) target.set(source.subarray(offset, offset + count))
  else if (!(target instanceof BigInt64Array) && !(source instanceof BigInt64Array)) target.set(source.subarray(offset, offset + count))
}

/** Visits the tensor's elements in row-major order with an odometer over its strides. */
function gather({ shape, strides, offset }: PickleTensor, source: WeightData, target: WeightData): void {
  const position = shape.map(() => 0)
  let from = offset
  for (let index = 0; index < target.length; index++) {
    target[index] = source[from] ?? 0
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (position[axis] ?? 0) + 1
      from += strides[axis] ?? 0
      if (next < (shape[axis] ?? 0)) {
        position[axis] = next
        break
      }
      from -= next * (strides[axis] ?? 0)
      position[axis] = 0
    }
  }
}
