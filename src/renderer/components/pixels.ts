import type { ImageBatch } from '@shared/domain'

/** Image `index` of a batch as opaque RGBA; grey images repeat their one channel. */
function toRgba(batch: ImageBatch, index: number): Uint8ClampedArray<ArrayBuffer> {
  const { height, width, channels, pixels } = batch
  const size = height * width
  const rgba = new Uint8ClampedArray(size * 4)
  const start = index * size * channels
  for (let pixel = 0; pixel < size; pixel++) {
    const from = start + pixel * channels
    rgba[pixel * 4] = pixels[from]!
    rgba[pixel * 4 + 1] = pixels[channels === 3 ? from + 1 : from]!
    rgba[pixel * 4 + 2] = pixels[channels === 3 ? from + 2 : from]!
    rgba[pixel * 4 + 3] = 255
  }
  return rgba
}

export const toImageData = (batch: ImageBatch, index: number): ImageData =>
  new ImageData(toRgba(batch, index), batch.width, batch.height)
