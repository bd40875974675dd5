/**
 * Decodes picture files to square images of one size. PNG, JPEG, WebP, GIF and TIFF through sharp, PPM (GTSRB) here:
 * sharp's binaries lack it.
 */
import { basename } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { RefusedInputError } from '../../../shared/errors'
import { quoteFromFile } from '../weights/fileText'
import { readWhole } from '../weights/byteSource'

export const pictureExtensions = ['.png', '.jpg', '.jpeg', '.webp', '.gif', '.tif', '.tiff', '.ppm']
const decodedFormats = ['png', 'jpeg', 'webp', 'gif', 'tiff']
const fileLimit = 100_000_000
const pixelLimit = 100_000_000
const decodersAtOnce = 8

export interface PictureShape {
  readonly side: number
  readonly channels: 1 | 3
  /** fill: stretched to a square; cover: the largest middle square. */
  readonly fit: 'fill' | 'cover'
}

interface RawPicture {
  readonly width: number
  readonly height: number
  readonly pixels: Buffer
}

/** Binary PPM (P6, 8 bits). @throws Error with what is wrong */
function parsePpm(bytes: Buffer): RawPicture {
  const fields: number[] = []
  let offset = 2
  while (fields.length < 3) {
    const gap = /^(?:\s|#[^\n]*\n)+/.exec(bytes.toString('latin1', offset, offset + 1024))?.[0]
    const digits =
      gap === undefined
        ? undefined
        : /^\d{1,9}/.exec(bytes.toString('latin1', offset + gap.length, offset + gap.length + 10))?.[0]
    if (gap === undefined || digits === undefined) throw new Error('a PPM header without width, height and maximum')
    fields.push(Number(digits))
    offset += gap.length + digits.length
  }
  const [width, height, maximum] = fields as [number, number, number]
  if (maximum !== 255) throw new Error(`a PPM maximum of ${maximum} in place of 255`)
  const size = width * height * 3
  if (size === 0 || size > pixelLimit * 3 || bytes.length - offset - 1 < size)
    throw new Error(`${bytes.length - offset - 1} bytes of pixels in place of ${size} for ${width}×${height}`)
  return { width, height, pixels: bytes.subarray(offset + 1, offset + 1 + size) }
}

async function openPicture(bytes: Buffer): Promise<Sharp> {
  if (bytes.toString('latin1', 0, 2) === 'P6') {
    const { width, height, pixels } = parsePpm(bytes)
    return sharp(pixels, { raw: { width, height, channels: 3 } })
  }
  const image = sharp(bytes, { limitInputPixels: pixelLimit, animated: false })
  const { format } = await image.metadata()
  if (!decodedFormats.includes(format)) throw new Error(`the format ${format}`)
  return image.autoOrient()
}

/**
 * One picture as HWC bytes; bicubic where the size differs, transparency over black, the first frame of several.
 * @throws RefusedInputError naming the file
 */
export async function decodePicture(path: string, shape: PictureShape): Promise<Uint8Array> {
  try {
    const image = await openPicture(Buffer.from(await readWhole(path, fileLimit)))
    const { data } = await image
      .flatten({ background: '#000000' })
      .resize(shape.side, shape.side, { fit: shape.fit, kernel: 'cubic', fastShrinkOnLoad: false })
      .toColourspace(shape.channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return data
  } catch (error) {
    if (error instanceof RefusedInputError) throw error
    throw new RefusedInputError(`${quoteFromFile(basename(path))} is no picture that can be read here.`, {
      wanted: 'a PNG, JPEG, WebP, GIF, TIFF or PPM picture',
      got: error instanceof Error ? error.message : String(error),
      where: path,
      action: 'Repair or remove the file.',
      cause: error,
    })
  }
}

/**
 * Decodes many pictures in order into one array, a few at a time.
 * @param onPicture called after each with the number done
 */
export async function decodePictures(
  paths: readonly string[],
  shape: PictureShape,
  signal: AbortSignal | undefined,
  onPicture: (done: number) => void,
): Promise<Uint8Array> {
  const size = shape.side * shape.side * shape.channels
  const pixels = new Uint8Array(paths.length * size)
  let next = 0
  let done = 0
  let failed = false
  const work = async (): Promise<void> => {
    while (next < paths.length && !failed) {
      signal?.throwIfAborted()
      const index = next++
      try {
        pixels.set(await decodePicture(paths[index]!, shape), index * size)
      } catch (error) {
        failed = true
        throw error
      }
      onPicture(++done)
    }
  }
  await Promise.all(Array.from({ length: decodersAtOnce }, work))
  return pixels
}
