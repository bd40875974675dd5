/** Smaller images for tables of many. */
import type { ImageBatch } from '../../../shared/domain'

/**
 * Images whose longer side is at most `longestSide`: each pixel the rounded mean of a block of f × f pixels, f the
 * smallest whole number that does; blocks at the right and lower edge are cut where the side is no multiple of f.
 * Images that fit in already come back as they are.
 */
export function shrunk(images: ImageBatch, longestSide: number): ImageBatch {
  const { count, height, width, channels, pixels } = images
  const factor = Math.ceil(Math.max(height, width) / longestSide)
  if (factor <= 1) return images
  const [rows, columns] = [Math.ceil(height / factor), Math.ceil(width / factor)]
  const small = new Uint8Array(count * rows * columns * channels)
  let to = 0
  for (let image = 0; image < count; image++)
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        for (let channel = 0; channel < channels; channel++)
          small[to++] = blockMean(images, { image, top: row * factor, left: column * factor, factor, channel })
  return { count, height: rows, width: columns, channels, pixels: small }

  function blockMean(
    { height: h, width: w, channels: c }: ImageBatch,
    { image, top, left, factor: side, channel }: Block,
  ): number {
    const [bottom, right] = [Math.min(h, top + side), Math.min(w, left + side)]
    let sum = 0
    for (let y = top; y < bottom; y++)
      for (let x = left; x < right; x++) sum += pixels[((image * h + y) * w + x) * c + channel] ?? 0
    return Math.round(sum / ((bottom - top) * (right - left)))
  }
}

interface Block {
  readonly image: number
  readonly top: number
  readonly left: number
  readonly factor: number
  readonly channel: number
}
