/** PyTorch's rebuild functions as pure data: they check that a tensor stays inside its storage and describe it. */
import { importLimits } from '../../../weights/importLimits'
import { refusePickle } from './refusal'
import {
  describeValue,
  measureOf,
  type Charge,
  type PickleOpaque,
  type PickleStorage,
  type PickleTensor,
  type PickleTuple,
  type PickleValue,
} from './values'

/** `_rebuild_tensor(_v2)(storage, storage_offset, size, stride, …)`; requires_grad and hooks do not matter here. */
export function rebuildTensor(args: readonly PickleValue[], charge: Charge): PickleTensor | PickleOpaque {
  if (isOpaque(args[0])) return unreadable()
  const storage = storageOf(args[0])
  if (storage.dtype === null)
    throw refusePickle('A tensor of an untyped storage names no element type.', {
      wanted: 'a storage of numbers',
      got: 'one of bytes',
    })
  return tensorIn({ ...storage, dtype: storage.dtype }, storage.dtype, args, charge)
}

/** `_rebuild_tensor_v3(storage, storage_offset, size, stride, requires_grad, hooks, dtype, …)`. */
export function rebuildTensorWithDtype(args: readonly PickleValue[], charge: Charge): PickleTensor | PickleOpaque {
  if (isOpaque(args[0])) return unreadable()
  const storage = storageOf(args[0])
  const dtype = args[6]
  if (dtype === null || typeof dtype !== 'object' || dtype.kind !== 'global' || dtype.meaning.kind !== 'dtype') {
    throw refusePickle('A tensor has no element type.', { wanted: 'a torch dtype', got: describeValue(dtype) })
  }
  const element = dtype.meaning.dtype
  if (storage.dtype !== null && storage.dtype !== element) {
    throw refusePickle('A tensor and its storage have different element types.', {
      wanted: storage.dtype,
      got: element,
    })
  }
  return tensorIn(storage, element, args, charge)
}

/** `_rebuild_parameter(data, requires_grad, hooks)`. */
export function rebuildParameter(args: readonly PickleValue[]): PickleTensor | PickleOpaque {
  const [data] = args
  if (isOpaque(data)) return data
  if (data === null || typeof data !== 'object' || data.kind !== 'tensor') {
    throw refusePickle('A parameter holds no tensor.', { wanted: 'a tensor', got: describeValue(data) })
  }
  return data
}

/** `_rebuild_from_type_v2(func, type, args, state)`: the tensor that func(*args) gives; class and state are dropped. */
export function rebuildFromType(args: readonly PickleValue[], charge: Charge): PickleValue {
  const [func, , inner] = args
  if (
    func === null ||
    typeof func !== 'object' ||
    func.kind !== 'global' ||
    func.meaning.kind !== 'call' ||
    func.meaning.call === rebuildFromType
  ) {
    throw refusePickle('A tensor is to be built by an unknown function.', {
      wanted: 'one of the tensor functions of PyTorch',
      got: describeValue(func),
    })
  }
  return func.meaning.call(itemsOf(inner, 'the arguments of a tensor'), charge)
}

/** `torch.Size((…))`. */
export function sizeTuple(args: readonly PickleValue[]): PickleTuple {
  const items = itemsOf(args[0], 'torch.Size')
  return { kind: 'tuple', items, weight: measureOf(args[0] ?? null).weight, depth: 1 }
}

function itemsOf(value: PickleValue | undefined, what: string): readonly PickleValue[] {
  if (
    value !== undefined &&
    value !== null &&
    typeof value === 'object' &&
    (value.kind === 'tuple' || value.kind === 'list')
  )
    return value.items
  throw refusePickle(`${what} must be a tuple.`, { wanted: 'a tuple', got: describeValue(value) })
}

const isOpaque = (value: PickleValue | undefined): value is PickleOpaque =>
  value !== undefined && value !== null && typeof value === 'object' && value.kind === 'opaque'

/** Its values come from an object that is not built here: those of plain pickles, and of other libraries. */
const unreadable = (): PickleOpaque => ({
  kind: 'opaque',
  className: 'torch.Tensor',
  weight: 1,
  depth: 0,
  holdsTensors: true,
})

function storageOf(value: PickleValue | undefined): PickleStorage {
  if (value !== undefined && value !== null && typeof value === 'object' && value.kind === 'storage') return value
  throw refusePickle('A tensor has no storage.', { wanted: 'a storage', got: describeValue(value) })
}

function extents(value: PickleValue | undefined, what: string): number[] {
  const items = itemsOf(value, what)
  if (items.length > importLimits.tensorRank)
    throw refusePickle(`${what} has too many dimensions.`, {
      wanted: `at most ${importLimits.tensorRank}`,
      got: `${items.length}`,
    })
  return items.map((item) => wholeNumber(item, what))
}

function wholeNumber(value: PickleValue | undefined, what: string): number {
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value
  throw refusePickle(`${what} must consist of whole numbers from 0.`, {
    wanted: 'whole numbers from 0 below 2^53',
    got: typeof value === 'number' || typeof value === 'bigint' ? String(value) : describeValue(value),
  })
}

const elementBytes: Readonly<Record<PickleTensor['dtype'], number>> = {
  float64: 8,
  float32: 4,
  float16: 2,
  bfloat16: 2,
  int64: 8,
  int32: 4,
  int16: 2,
  int8: 1,
  uint8: 1,
  bool: 1,
}

/** The view of a storage that PyTorch would make: any within it, also one that repeats or overlaps elements. */
function tensorIn(
  storage: PickleStorage,
  dtype: PickleTensor['dtype'],
  args: readonly PickleValue[],
  charge: Charge,
): PickleTensor {
  const offset = wholeNumber(args[1], 'The storage offset of a tensor')
  const shape = extents(args[2], 'The size of a tensor')
  const strides = extents(args[3], 'The stride of a tensor')
  if (shape.length !== strides.length)
    throw refusePickle('Size and stride of a tensor differ in length.', {
      wanted: `${shape.length}`,
      got: `${strides.length}`,
    })
  charge(shape.length + strides.length)
  // Where an empty view begins does not matter: that of x[2:, 3:] lies behind the storage of a 2×5 tensor.
  if (shape.includes(0)) return { kind: 'tensor', storage, dtype, offset: storage.offset, shape, strides }
  requireInside(storage, dtype, { offset, shape, strides })
  return { kind: 'tensor', storage, dtype, offset: storage.offset + offset, shape, strides }
}

/** Last index = offset + Σ (size_i − 1)·stride_i must lie in the storage. */
function requireInside(
  storage: PickleStorage,
  dtype: PickleTensor['dtype'],
  { offset, shape, strides }: Pick<PickleTensor, 'offset' | 'shape' | 'strides'>,
): void {
  const available = storage.dtype === null ? Math.floor(storage.length / elementBytes[dtype]) : storage.length
  let last = BigInt(offset)
  shape.forEach((extent, axis) => {
    last += BigInt(extent - 1) * BigInt(strides[axis] ?? 0)
  })
  const view = `offset ${offset}, size [${shape.join(', ')}], stride [${strides.join(', ')}]`
  if (last >= BigInt(available))
    throw refusePickle('A tensor reaches outside its storage.', {
      wanted: `its last element before ${available}, where the storage ends`,
      got: `the last at ${last}: ${view}`,
    })
  const elements = shape.reduce((product, extent) => product * BigInt(extent), 1n)
  if (elements > BigInt(importLimits.tensorElements))
    throw refusePickle('A tensor repeats its elements beyond bounds.', {
      wanted: `at most ${importLimits.tensorElements} elements`,
      got: `${elements}: ${view}`,
    })
}
