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
  // Channel by channel, so that the inner loop has one table and no branch: evaluation waits for this.
  table.forEach((values, channel) => {
    for (let row = 0; row < indices.length; row++) {
      const shift = ((indices[row] ?? 0) - row) * size
      const end = (row + 1) * size
      for (let to = row * size + channel; to < end; to += channels)
        out[to] = values[pixels[to + shift] as number] as number
    }
  })
  return out
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
  const out = new Float32Array(indices.length * size)
  const draws = stream.uniform(indices.length * 3)
  const positions = 2 * cropPadding + 1
  for (let row = 0; row < indices.length; row++) {
    const top = augmentation.crop ? Math.floor((draws[row * 3] ?? 0) * positions) - cropPadding : 0
    const left = augmentation.crop ? Math.floor((draws[row * 3 + 1] ?? 0) * positions) - cropPadding : 0
    const mirror = augmentation.flip && (draws[row * 3 + 2] ?? 0) < 0.5
    const from = (indices[row] ?? 0) * size
    let to = row * size
    for (let y = 0; y < height; y++) {
      const sourceRow = y + top
      const rowInside = sourceRow >= 0 && sourceRow < height
      for (let x = 0; x < width; x++) {
        const sourceColumn = (mirror ? width - 1 - x : x) + left
        const inside = rowInside && sourceColumn >= 0 && sourceColumn < width
        const source = from + (sourceRow * width + sourceColumn) * channels
        for (let channel = 0; channel < channels; channel++)
          out[to++] = table[channel]?.[inside ? (set.pixels[source + channel] ?? 0) : 0] ?? 0
      }
    }
  }
  return out
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
