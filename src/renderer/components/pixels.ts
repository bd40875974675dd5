import type { ImageBatch } from '@shared/domain'

/** Bytes of one or three channels as opaque RGBA; grey ones repeat their one channel. */
function toRgba(bytes: Uint8Array, channels: ImageBatch['channels']): Uint8ClampedArray<ArrayBuffer> {
  const pixels = bytes.length / channels
  const rgba = new Uint8ClampedArray(pixels * 4)
  const [green, blue] = channels === 3 ? [1, 2] : [0, 0]
  for (let pixel = 0, from = 0, to = 0; pixel < pixels; pixel++, from += channels, to += 4) {
    rgba[to] = bytes[from]!
    rgba[to + 1] = bytes[from + green]!
    rgba[to + 2] = bytes[from + blue]!
    rgba[to + 3] = 255
  }
  return rgba
}

/** Image `index` of a batch. */
export function toImageData(batch: ImageBatch, index: number): ImageData {
  const size = batch.height * batch.width * batch.channels
  const bytes = batch.pixels.subarray(index * size, (index + 1) * size)
  return new ImageData(toRgba(bytes, batch.channels), batch.width, batch.height)
}

/** All images of a batch, one below the other. */
export const toImageColumn = (batch: ImageBatch): ImageData =>
  new ImageData(toRgba(batch.pixels, batch.channels), batch.width, batch.height * batch.count)
