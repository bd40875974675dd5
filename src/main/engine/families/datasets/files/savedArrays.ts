/**
 * What of a pickled object are arrays: tensors, lists of tensors and of numbers, NumPy's arrays; by the names and
 * places that lead to them. Nothing of the file's classes is built.
 */
import { ExhaustiveError } from '../../../../../shared/errors'
import type { PickleTensor, PickleValue } from '../../importers/pickle/values'
import { layoutOf } from './imageArrays'
import { arrayOfBytes, type NpyArray } from './npy'
import { isPickled, itemsOf, pickledArray, pickledNumber, pickledText } from './pickledArrays'

/** Tensors of one shape and type, one behind the other. */
export interface TensorStack {
  readonly kind: 'stack'
  readonly tensors: readonly [PickleTensor, ...PickleTensor[]]
}
/** As NumPy has it: of NumPy's arrays, and of lists of whole numbers. */
export interface ReadArray {
  readonly kind: 'read'
  readonly array: NpyArray
}
export type SavedArray = PickleTensor | TensorStack | ReadArray
type Part = PickleValue | SavedArray

/** {"train": (images, labels)} and a level more. */
const deepest = 3
const mostArrays = 1000
/** Of a tuple or list that holds whole sets; a longer one is a set's images or labels, one by one. */
const longestRow = 16
const tensorDataset = 'torch.utils.data.dataset.TensorDataset'

/**
 * Arrays by name: "x_train", "train/images", "arr_0".
 * @param program the bytes that pickled values point into
 */
export function arraysOf(value: PickleValue, program: Buffer): Map<string, SavedArray> {
  const found = new Map<string, SavedArray>()
  const visit = (part: Part, name: string, depth: number): void => {
    if (found.size >= mostArrays) return
    const array = arrayOf(part, program)
    if (array !== null) found.set(name, array)
    else if (depth < deepest)
      for (const [key, inner] of partsOf(part, program)) visit(inner, name === '' ? key : `${name}/${key}`, depth + 1)
  }
  visit(value, '', 0)
  return found
}

export function shapeOf(array: SavedArray): readonly number[] {
  switch (array.kind) {
    case 'tensor':
      return array.shape
    case 'stack':
      return [array.tensors.length, ...array.tensors[0].shape]
    case 'read':
      return array.array.shape
    default:
      throw new ExhaustiveError(array)
  }
}

function arrayOf(value: Part, program: Buffer): SavedArray | null {
  if (isArray(value)) return value
  const array = pickledArray(value, program)
  if (array !== null) return { kind: 'read', array }
  const items = itemsOf(value)
  return items.length > longestRow ? columnOf(items, program) : numbersOf(items, program)
}

const isArray = (value: Part): value is SavedArray =>
  value !== null &&
  typeof value === 'object' &&
  (value.kind === 'tensor' || value.kind === 'stack' || value.kind === 'read')

/** Tensors or arrays of one shape, or whole numbers. */
const columnOf = (items: readonly PickleValue[], program: Buffer): SavedArray | null =>
  stackOf(items) ?? numbersOf(items, program) ?? joined(items, program)

function stackOf([first, ...others]: readonly PickleValue[]): TensorStack | null {
  if (!isPickled(first, 'tensor')) return null
  const shape = first.shape.join()
  const isAlike = (item: PickleValue): item is PickleTensor =>
    isPickled(item, 'tensor') && item.dtype === first.dtype && item.shape.join() === shape
  return others.every(isAlike) ? { kind: 'stack', tensors: [first, ...others] } : null
}

function joined(items: readonly PickleValue[], program: Buffer): ReadArray | null {
  const arrays: NpyArray[] = []
  for (const item of items) {
    const array = pickledArray(item, program)
    const first = arrays[0] ?? array
    if (array?.dtype !== first?.dtype || array?.shape.join() !== first?.shape.join() || array === null) return null
    arrays.push(array)
  }
  const [first] = arrays
  if (!first) return null
  const shape = [arrays.length, ...first.shape]
  const bytes = Buffer.concat(arrays.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength)))
  const array = arrayOfBytes({ shape, dtype: first.dtype, bytes, fortranOrder: false })
  return array && { kind: 'read', array }
}

function numbersOf(items: readonly PickleValue[], program: Buffer): ReadArray | null {
  const numbers: number[] = []
  for (const item of items) {
    const number = pickledNumber(item, program)
    if (number === null || !Number.isSafeInteger(number)) return null
    numbers.push(number)
  }
  if (numbers.length === 0) return null
  return { kind: 'read', array: { shape: [numbers.length], dtype: '<i8', data: BigInt64Array.from(numbers, BigInt) } }
}

function partsOf(value: Part, program: Buffer): [string, Part][] {
  if (isArray(value)) return []
  if (isPickled(value, 'dict')) return entriesOf(value.pairs, program)
  // Its only attribute; of a Subset or another data set the tensors alone would not say which images are meant.
  if (isPickled(value, 'opaque') && value.className === tensorDataset && isPickled(value.state, 'dict'))
    return entriesOf(value.state.pairs, program).flatMap(([, tensors]) => partsOf(tensors, program))
  const items = itemsOf(value)
  const rows = rowsOf(items, program)
  if (rows !== null) return rows
  if (items.length > longestRow) return []
  const arrays = items.map((item) => arrayOf(item, program) ?? item)
  const names = namesByShape(arrays) ?? namesOfPairs(items, program)
  return arrays.map((item, place) => [names?.[place] ?? `arr_${place}`, item])
}

function entriesOf(pairs: readonly PickleValue[], program: Buffer): [string, PickleValue][] {
  const entries: [string, PickleValue][] = []
  for (let at = 0; at < pairs.length; at += 2) {
    const key = pickledText(pairs[at], program)
    if (key !== null) entries.push([key, pairs[at + 1] ?? null])
  }
  return entries
}

/** A list of (image, label, …) for each image; null where it is none. */
function rowsOf(rows: readonly PickleValue[], program: Buffer): [string, SavedArray][] | null {
  if (rows.length === 0 || !rows.every((row) => itemsOf(row).length >= 2)) return null
  const column = (place: number): SavedArray | null =>
    columnOf(
      rows.map((row) => itemsOf(row)[place] ?? null),
      program,
    )
  const [images, labels] = [column(0), column(1)]
  if (
    !isImages(images) ||
    labels === null ||
    shapeOf(labels)
      .slice(1)
      .some((extent) => extent !== 1)
  )
    return null
  return [
    ['images', images],
    ['labels', labels],
  ]
}

const isImages = (array: Part | undefined): array is SavedArray => {
  if (array === undefined || !isArray(array)) return false
  const shape = shapeOf(array)
  return shape.length > 1 && layoutOf(shape) !== null
}

/** Of (images, labels), which nobody names: the first has pixels, the second a row for each image, and none follow. */
function namesByShape([images, labels, further]: readonly Part[]): string[] | null {
  if (!isImages(images) || labels === undefined || !isArray(labels) || isImages(further)) return null
  const shape = shapeOf(labels)
  return shape.length < 3 && shape[0] === shapeOf(images)[0] ? ['images', 'labels'] : null
}

/** ((x_train, y_train), (x_test, y_test)) as Keras hands out, or three with the validation images between. */
function namesOfPairs(items: readonly PickleValue[], program: Buffer): readonly string[] | null {
  const isPair = (item: PickleValue): boolean => {
    const parts = itemsOf(item)
    return parts.length === 2 && namesByShape(parts.map((part) => arrayOf(part, program) ?? part)) !== null
  }
  const names = { 2: ['train', 'test'], 3: ['train', 'validation', 'test'] }[items.length]
  return names !== undefined && items.every(isPair) ? names : null
}
