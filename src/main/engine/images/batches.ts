/**
 * Byte images to normalised float batches, with the augmentation of the reference; host work while the device computes.
 */
import type { Augmentation, ImageSet, Normalization } from './types'
import type { RandomStream } from '../maths/random'

export type { Augmentation }

/** RandomCrop(32, padding=4) of the reference's transforms. */
const cropPadding = 4

/** Normalised value of each byte, per channel: (byte / 255 − mean) / standardDeviation in float32. */
export function normalizationTable(normalization: Normalization, channels: number): Float32Array[] {
  return Array.from({ length: channels }, (_, channel) => {
    const mean = Math.fround(normalization.mean[channel] ?? 0)
    const deviation = Math.fround(normalization.standardDeviation[channel] ?? 1)
    return Float32Array.from({ length: 256 }, (_unused, byte) =>
      Math.fround(Math.fround(Math.fround(byte / 255) - mean) / deviation),
    )
  })
}

/** The images at `indices` as normalised NHWC floats: [indices.length · height · width · channels]. */
export function normalizedImages(
  set: ImageSet,
  indices: ArrayLike<number>,
  table: readonly Float32Array[],
): Float32Array {
  const { pixels, channels } = set
  const size = set.height * set.width * channels
  const out = new Float32Array(indices.length * size)
  const [red, green, blue] = table
  for (let row = 0; row < indices.length; row++) {
    const image = pixels.subarray((indices[row] ?? 0) * size, ((indices[row] ?? 0) + 1) * size)
    const values = out.subarray(row * size, (row + 1) * size)
    if (red && green && blue) normalizeColours(image, values, [red, green, blue])
    // Channel by channel, so that the inner loop has one table and no branch: evaluation waits for this.
    else table.forEach((levels, channel) => normalizeChannel(image, values, { levels, channel, channels }))
  }
  return out
}

function normalizeChannel(
  image: Uint8Array,
  values: Float32Array,
  { levels, channel, channels }: { readonly levels: Float32Array; readonly channel: number; readonly channels: number },
): void {
  for (let place = channel; place < image.length; place += channels)
    values[place] = levels[image[place] as number] as number
}

/** Three channels at once: memory is read and written in order, in two thirds of the time. */
function normalizeColours(
  image: Uint8Array,
  values: Float32Array,
  [red, green, blue]: readonly [Float32Array, Float32Array, Float32Array],
): void {
  for (let place = 0; place < image.length; place += 3) {
    values[place] = red[image[place] as number] as number
    values[place + 1] = green[image[place + 1] as number] as number
    values[place + 2] = blue[image[place + 2] as number] as number
  }
}

/**
 * The same with random crop and flip, drawn per image from `stream`. Padding is black before normalisation, as
 * torchvision does on bytes.
 * Three draws per image whatever is switched on, so that switching one off does not shift the others.
 */
export function augmentedImages(
  set: ImageSet,
  indices: ArrayLike<number>,
  table: readonly Float32Array[],
  augmentation: Augmentation,
  stream: RandomStream,
): Float32Array {
  const { height, width, channels } = set
  const size = height * width * channels
  const draws = stream.uniform(indices.length * 3)
  const positions = 2 * cropPadding + 1
  const places = new Int32Array(indices.length)
  // As bytes first: rows are copied whole, and each byte is looked up once, without a branch.
  const pixels = new Uint8Array(indices.length * size)
  for (let row = 0; row < indices.length; row++) {
    const top = augmentation.crop ? Math.floor((draws[row * 3] ?? 0) * positions) - cropPadding : 0
    const left = augmentation.crop ? Math.floor((draws[row * 3 + 1] ?? 0) * positions) - cropPadding : 0
    const mirror = augmentation.flip && (draws[row * 3 + 2] ?? 0) < 0.5
    const image = set.pixels.subarray((indices[row] ?? 0) * size, ((indices[row] ?? 0) + 1) * size)
    copyShifted(image, pixels.subarray(row * size, (row + 1) * size), [height, width, channels], { top, left, mirror })
    places[row] = row
  }
  return normalizedImages({ ...set, count: indices.length, pixels }, places, table)
}

/** to(y, x) = from(y + top, x' + left), x' counted from the right where mirrored; black outside. `to` is black. */
function copyShifted(
  from: Uint8Array,
  to: Uint8Array,
  [height, width, channels]: readonly [number, number, number],
  { top, left, mirror }: { readonly top: number; readonly left: number; readonly mirror: boolean },
): void {
  const line = width * channels
  // Columns of the source that are in the picture.
  const [begin, end] = [Math.max(0, left), Math.min(width, width + left)]
  if (begin >= end) return
  for (let y = Math.max(0, -top); y < Math.min(height, height - top); y++) {
    const source = (y + top) * line
    if (!mirror) {
      to.set(from.subarray(source + begin * channels, source + end * channels), y * line + (begin - left) * channels)
      continue
    }
    let place = y * line + (width - 1 - (begin - left)) * channels
    for (let pixel = source + begin * channels; pixel < source + end * channels; pixel += channels) {
      for (let channel = 0; channel < channels; channel++) to[place + channel] = from[pixel + channel] as number
      place -= channels
    }
  }
}

/** Images from the normalised space back to bytes, rounded and clipped, for the viewer. */
export function toBytes(values: Float32Array, normalization: Normalization, channels: number): Uint8Array {
  const out = new Uint8Array(values.length)
  for (let index = 0; index < values.length; index++) {
    const channel = index % channels
    const intensity =
      (values[index] ?? 0) * (normalization.standardDeviation[channel] ?? 1) + (normalization.mean[channel] ?? 0)
    out[index] = Math.max(0, Math.min(255, Math.round(intensity * 255)))
  }
  return out
}
