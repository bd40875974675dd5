/** Arrays of images and labels as image sets: what each axis is, the shape tells. */
import { RefusedInputError } from '../../../../../shared/errors'
import { quoteFromFile } from '../../../weights/fileText'
import type { Yielding } from '../../../images/yielding'
import type { ImageSet, ImageShape } from '../../../images/types'
import { sizeOf, type NpyArray } from './npy'
import { pixelBytes } from './pixelValues'

export interface NamedArray {
  readonly name: string
  readonly where: string
  readonly array: NpyArray
}

/** How images lie in an array. */
export interface ImageLayout extends ImageShape {
  readonly count: number
  /** Colour comes before place, as PyTorch has it. */
  readonly planes: boolean
}

const isColours = (size: number | undefined): size is 1 | 3 => size === 1 || size === 3
/** Of flattened images: those of MNIST and CIFAR. */
const flatSides: Readonly<Record<number, ImageShape>> = {
  784: { height: 28, width: 28, channels: 1 },
  1024: { height: 32, width: 32, channels: 1 },
  3072: { height: 32, width: 32, channels: 3 },
}

/**
 * (images, height, width), with 1 or 3 colours as last or second axis, or (images, pixels) of MNIST and CIFAR, whose
 * planes come one after the other; null for other shapes.
 */
export function layoutOf([count = 0, ...image]: readonly number[]): ImageLayout | null {
  const [first = 0, second = 0, third] = image
  const flat = image.length === 1 ? flatSides[first] : undefined
  if (count === 0 || image.some((size) => size < 1)) return null
  if (flat) return { count, ...flat, planes: true }
  if (image.length === 2 && first > 1 && second > 1)
    return { count, height: first, width: second, channels: 1, planes: false }
  if (image.length !== 3) return null
  if (isColours(third)) return { count, height: first, width: second, channels: third, planes: false }
  return isColours(first) && third !== undefined
    ? { count, height: second, width: third, channels: first, planes: true }
    : null
}

export interface ReadImages {
  readonly images: Omit<ImageSet, 'labels'>
  /** What was assumed; sentences. */
  readonly notes: readonly string[]
}

/** @throws RefusedInputError for other shapes, and for values that are no pixels */
export async function readImageArray({ name, where, array }: NamedArray, yielding: Yielding): Promise<ReadImages> {
  const layout = layoutOf(array.shape)
  if (layout === null)
    throw new RefusedInputError(`${quoteFromFile(name)} is no array of images.`, {
      wanted: '(images, height, width, 1 or 3), (images, 1 or 3, height, width) or (images, height, width)',
      got: `shape (${array.shape.join(', ')})`,
      where,
      action: 'Save grey or RGB images, one after the other.',
    })
  const { planes, ...shape } = layout
  const { bytes, note } = await pixelBytes({ name, where, data: array.data }, yielding)
  const notes = note === null ? [] : [note]
  if (array.shape.length === 2)
    notes.push(
      `The images of ${quoteFromFile(name)} are flat: they were taken as ${shape.height}×${shape.width} ${shape.channels === 1 ? 'grey' : 'RGB, one colour after the other'}.`,
    )
  const pixels = planes && shape.channels > 1 ? await interleave(bytes, shape, yielding) : bytes
  return { images: { ...shape, pixels }, notes }
}

async function interleave(
  bytes: Uint8Array,
  { count, height, width, channels }: Omit<ImageLayout, 'planes'>,
  yielding: Yielding,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(bytes.length)
  const plane = height * width
  for (let image = 0; image < count; image++) {
    const start = image * plane * channels
    for (let channel = 0; channel < channels; channel++)
      for (let place = 0; place < plane; place++)
        pixels[start + place * channels + channel] = bytes[start + channel * plane + place]!
    if (yielding.due()) await yielding.pause()
  }
  return pixels
}

const mostClasses = 10_000

/**
 * One label an image: (images), (images, 1), or (images, classes) with a single 1 in each row.
 * @throws RefusedInputError for what is neither, and for labels that are no whole numbers from 0 on
 */
export async function readLabelArray({ name, where, array }: NamedArray, yielding: Yielding): Promise<Int32Array> {
  const { shape, data } = array
  const [count = 0] = shape
  const columns = count === 0 ? 0 : sizeOf(shape) / count
  const refuse = (wanted: string, got: string): RefusedInputError =>
    new RefusedInputError(`${quoteFromFile(name)} holds no labels that can be read here.`, {
      wanted,
      got,
      where,
      action: 'Save one whole number per image, from 0 on.',
    })
  if (columns < 1 || shape.length > 2) throw refuse('(images) or (images, classes)', `shape (${shape.join(', ')})`)
  const labels = new Int32Array(count)
  for (let image = 0; image < count; image++) {
    const row = data.subarray(image * columns, (image + 1) * columns)
    const label = columns === 1 ? Number(row[0]) : placeOfOne(row)
    if (label === null) throw refuse('a single 1 in each row', `row ${image + 1}: ${row.slice(0, 20).join(', ')}`)
    if (!Number.isInteger(label) || label < 0 || label >= mostClasses)
      throw refuse(`whole numbers from 0 to ${mostClasses - 1}`, `${label} for image ${image + 1}`)
    labels[image] = label
    if (yielding.due()) await yielding.pause()
  }
  return labels
}

/** Where the 1 stands in a row of zeros, else null. */
function placeOfOne(row: ArrayLike<number | bigint>): number | null {
  let found: number | null = null
  for (let place = 0; place < row.length; place++) {
    const value = Number(row[place])
    if (value === 0) continue
    if (value !== 1 || found !== null) return null
    found = place
  }
  return found
}
