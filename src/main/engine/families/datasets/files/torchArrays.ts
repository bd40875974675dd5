/**
 * What torch.save wrote as named arrays: tensors, lists of them and of numbers, NumPy's arrays. Other objects are
 * passed over; nothing of them is built.
 */
import { basename } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, openFileSource, type FileSource } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { readTensor, spanOf, type StoredTensor } from '../../../weights/stored'
import { bytesPer, elementCount, viewAs, type WeightData, type WeightDtype } from '../../../weights/weightMap'
import { openSaved } from '../../importers/torch/saved'
import { placeTensor, type SavedObjects } from '../../importers/torch/placement'
import type { ArrayFile, ArrayOptions } from './arrayFile'
import type { NpyArray } from './npy'
import { arraysOf, shapeOf, type SavedArray } from './savedArrays'

/** NumPy's names of what PyTorch has; halves of floats are no pixels that anybody saves. */
const dtypes: Readonly<Partial<Record<WeightDtype, string>>> = {
  float64: '<f8',
  float32: '<f4',
  int64: '<i8',
  int32: '<i4',
  int16: '<i2',
  int8: '|i1',
  uint8: '|u1',
  bool: '|b1',
}

/** @throws RefusedInputError when torch.save did not write the file */
export async function openTorchArrays(path: string, { limit, signal }: ArrayOptions): Promise<ArrayFile> {
  const source = await openFileSource(path)
  try {
    const { value, program, startOf, verify } = await openSaved(source)
    return createArrays(source, path, { arrays: arraysOf(value, program), startOf, verify, limit, signal })
  } catch (error) {
    await source.close()
    throw error
  }
}

interface Opened extends ArrayOptions, Pick<SavedObjects, 'startOf' | 'verify'> {
  readonly arrays: ReadonlyMap<string, SavedArray>
}

function createArrays(source: FileSource, path: string, { arrays, startOf, verify, limit, signal }: Opened): ArrayFile {
  let verified: Promise<void> | undefined
  let left = limit
  const placeOf = (name: string): string => (name === '' ? path : `${path}: ${name}`)
  const find = (name: string): { array: SavedArray; dtype: string } => {
    const array = arrays.get(name)
    const type = array && typeOf(array)
    if (array && type?.dtype !== undefined) return { array, dtype: type.dtype }
    throw new RefusedInputError(`${quoteFromFile(name)} is no array that can be read here.`, {
      wanted: Object.keys(dtypes).join(', '),
      got: type?.name ?? 'nothing',
      where: placeOf(name),
      action: 'Save it as uint8 or float32.',
    })
  }
  const take = (bytes: number, name: string): void => {
    left -= bytes
    // Not `left < 0`: a size that is no number must not pass.
    if (left >= 0) return
    throw new RefusedInputError(`${quoteFromFile(basename(path))} holds more than fits into memory.`, {
      wanted: `at most ${bytesText(limit)} of images and labels`,
      got: `${quoteFromFile(name)} of ${bytesText(bytes)}`,
      where: path,
      action: 'Save fewer images.',
    })
  }
  return {
    names: [...arrays.keys()],
    placeOf,
    // What was read stays read: a fault of closing tells nobody anything.
    close: () => void source.close().catch(() => undefined),
    header(name) {
      const { array, dtype } = find(name)
      return Promise.resolve({ dtype, shape: shapeOf(array), fortranOrder: false, start: 0 })
    },
    async read(name): Promise<NpyArray> {
      const { array, dtype } = find(name)
      if (array.kind === 'read') return array.array
      const [first, ...others] = array.kind === 'stack' ? array.tensors : [array]
      const tensors = [placeTensor(first, startOf), ...others.map((tensor) => placeTensor(tensor, startOf))] as const
      take(bytesOf(tensors), name)
      await (verified ??= verify())
      const data = await readAll(source, tensors, signal)
      signal?.throwIfAborted()
      return { shape: shapeOf(array), dtype, data: data as NpyArray['data'] }
    },
  }
}

const typeOf = (array: SavedArray): { name: string; dtype: string | undefined } => {
  if (array.kind === 'read') return { name: array.array.dtype, dtype: array.array.dtype }
  const { dtype } = array.kind === 'stack' ? array.tensors[0] : array
  return { name: dtype, dtype: dtypes[dtype] }
}

const bytesOf = (tensors: readonly StoredTensor[]): number =>
  tensors.reduce(
    (sum, tensor) => sum + Math.max(elementCount(tensor.shape), spanOf(tensor)) * bytesPer(tensor.dtype),
    0,
  )

/** One tensor, or several of one shape and type, one behind the other. */
async function readAll(
  source: FileSource,
  tensors: readonly [StoredTensor, ...StoredTensor[]],
  signal: AbortSignal | undefined,
): Promise<WeightData> {
  const [first] = tensors
  if (tensors.length === 1) return (await readTensor(source, first)).data
  const size = elementCount(first.shape) * bytesPer(first.dtype)
  const all = new Uint8Array(size * tensors.length)
  for (const [place, tensor] of tensors.entries()) {
    signal?.throwIfAborted()
    const { data } = await readTensor(source, tensor)
    all.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), place * size)
  }
  return viewAs(first.dtype, all)
}
