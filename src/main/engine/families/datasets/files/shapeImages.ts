/** Image sets of any size and colour as sets of the wanted shape. */
import { gatherPictures, reshapePixels, type PictureShape } from '../../../images/decoding'
import { bytesPerImage } from '../../../images/imageSets'
import { createYielding } from '../../../images/yielding'
import type { ImageSet } from '../../../images/types'
import type { DatasetContext } from '../types'

type Images = Omit<ImageSet, 'labels'>

/** Whether the images have the shape already, or need nothing but a border and more colours. */
const needsResizing = ({ height, width, channels }: Images, shape: PictureShape): boolean =>
  channels > shape.channels ||
  height > shape.side ||
  width > shape.side ||
  (shape.fit !== 'pad' && (height !== shape.side || width !== shape.side))

/** A black border around each, grey repeated for RGB. */
async function frameImages(
  images: Images,
  { side, channels }: PictureShape,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const { count, height, width } = images
  const [top, left] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)]
  const repeats = channels / images.channels
  const framed = new Uint8Array(count * side * side * channels)
  const yielding = createYielding(signal)
  for (let row = 0; row < count * height; row++) {
    const image = Math.floor(row / height)
    const to = ((image * side + top + (row % height)) * side + left) * channels
    const from = row * width * images.channels
    if (repeats === 1) framed.set(images.pixels.subarray(from, from + width * channels), to)
    else
      for (let column = 0; column < width; column++)
        framed.fill(images.pixels[from + column]!, to + column * 3, to + column * 3 + 3)
    if (yielding.due()) await yielding.pause()
  }
  return framed
}

export async function shapeImages(
  images: Images,
  shape: PictureShape,
  { signal, onProgress }: Pick<DatasetContext, 'signal' | 'onProgress'>,
): Promise<Images> {
  const { count, pixels } = images
  const { side, channels } = shape
  if (images.height === side && images.width === side && images.channels === channels) return images
  const own = bytesPerImage(images)
  const make = (index: number): Promise<Uint8Array> =>
    reshapePixels(pixels.subarray(index * own, (index + 1) * own), images, shape)
  const shaped = needsResizing(images, shape)
    ? await gatherPictures({ count, size: side * side * channels, signal }, make, (done) => {
        if (done % 1000 === 0)
          onProgress?.(
            done / count,
            `Resizing ${done.toLocaleString('en-US')} of ${count.toLocaleString('en-US')} images`,
          )
      })
    : await frameImages(images, shape, signal)
  return { count, height: side, width: side, channels, pixels: shaped }
}
