/** Tensors in a file of torch.save as named arrays. Other objects are passed over; nothing of them is built. */
import { basename } from 'node:path'
import { RefusedInputError } from '../../../../../shared/errors'
import { bytesText, openFileSource, type FileSource } from '../../../weights/byteSource'
import { quoteFromFile } from '../../../weights/fileText'
import { readTensor, spanOf, type StoredTensor } from '../../../weights/stored'
import { bytesPer, elementCount, type WeightDtype } from '../../../weights/weightMap'
import type { PickleTensor, PickleValue } from '../../importers/pickle/values'
import { openSaved } from '../../importers/torch/saved'
import { placeTensors } from '../../importers/torch/placement'
import type { ArrayFile, ArrayOptions } from './arrayFile'
import { layoutOf } from './imageArrays'
import type { NpyArray } from './npy'
import { isPickled } from './pickledArrays'

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

/** {"train": (images, labels)} and a level more. */
const deepest = 3
const mostTensors = 1000
/** Of a tuple or list that holds whole sets. */
const longestRow = 16

/** Tensors by the names and places that lead to them: "x_train", "train/images", "0". */
function tensorsOf(value: PickleValue): Map<string, PickleTensor> {
  const found = new Map<string, PickleTensor>()
  const visit = (part: PickleValue, name: string, depth: number): void => {
    if (found.size >= mostTensors) return
    if (isPickled(part, 'tensor')) found.set(name, part)
    else if (depth < deepest)
      for (const [key, inner] of partsOf(part)) visit(inner, name === '' ? key : `${name}/${key}`, depth + 1)
  }
  visit(value, '', 0)
  return found
}

function partsOf(value: PickleValue): [string, PickleValue][] {
  if (isPickled(value, 'dict'))
    return value.pairs.flatMap((key, at): [string, PickleValue][] =>
      at % 2 === 0 && typeof key === 'string' ? [[key, value.pairs[at + 1] ?? null]] : [],
    )
  if (!isPickled(value, 'tuple') && !isPickled(value, 'list')) return []
  // A list of (image, label) for each image is none of tensors by name.
  if (value.items.length > longestRow) return []
  const names = namesByShape(value.items)
  return value.items.map((item, place) => [names?.[place] ?? `arr_${place}`, item])
}

const isImages = (value: PickleValue | undefined): value is PickleTensor =>
  isPickled(value, 'tensor') && value.shape.length > 2 && layoutOf(value.shape) !== null

/** Of (images, labels), which nobody names: the first has pixels, the second a row for each image, and none follow. */
function namesByShape([images, labels, further]: readonly PickleValue[]): string[] | null {
  if (!isImages(images) || !isPickled(labels, 'tensor') || isImages(further)) return null
  return labels.shape.length < 3 && labels.shape[0] === images.shape[0] ? ['images', 'labels'] : null
}

/** @throws RefusedInputError when torch.save did not write the file */
export async function openTorchArrays(path: string, { limit, signal }: ArrayOptions): Promise<ArrayFile> {
  const source = await openFileSource(path)
  try {
    const { value, startOf, verify } = await openSaved(source)
    return createArrays(source, path, { tensors: placeTensors(tensorsOf(value), startOf), verify, limit, signal })
  } catch (error) {
    await source.close()
    throw error
  }
}

interface Opened extends ArrayOptions {
  readonly tensors: ReadonlyMap<string, StoredTensor>
  verify(): Promise<void>
}

function createArrays(source: FileSource, path: string, { tensors, verify, limit, signal }: Opened): ArrayFile {
  let verified: Promise<void> | undefined
  let left = limit
  const placeOf = (name: string): string => (name === '' ? path : `${path}: ${name}`)
  const find = (name: string): { tensor: StoredTensor; dtype: string } => {
    const tensor = tensors.get(name)
    const dtype = tensor && dtypes[tensor.dtype]
    if (tensor && dtype !== undefined) return { tensor, dtype }
    throw new RefusedInputError(`${quoteFromFile(name)} is no array that can be read here.`, {
      wanted: Object.keys(dtypes).join(', '),
      got: tensor?.dtype ?? 'nothing',
      where: placeOf(name),
      action: 'Save it as uint8 or float32.',
    })
  }
  return {
    names: [...tensors.keys()],
    placeOf,
    // What was read stays read: a fault of closing tells nobody anything.
    close: () => void source.close().catch(() => undefined),
    header(name) {
      const { tensor, dtype } = find(name)
      return Promise.resolve({ dtype, shape: tensor.shape, fortranOrder: false, start: 0 })
    },
    async read(name): Promise<NpyArray> {
      const { tensor, dtype } = find(name)
      const bytes = Math.max(elementCount(tensor.shape), spanOf(tensor)) * bytesPer(tensor.dtype)
      left -= bytes
      // Not `left < 0`: a size that is no number must not pass.
      if (!(left >= 0))
        throw new RefusedInputError(`${quoteFromFile(basename(path))} holds more than fits into memory.`, {
          wanted: `at most ${bytesText(limit)} of images and labels`,
          got: `${quoteFromFile(name)} of ${bytesText(bytes)}`,
          where: path,
          action: 'Save fewer images.',
        })
      await (verified ??= verify())
      signal?.throwIfAborted()
      const { shape, data } = await readTensor(source, tensor)
      signal?.throwIfAborted()
      return { shape, dtype, data: data as NpyArray['data'] }
    },
  }
}
