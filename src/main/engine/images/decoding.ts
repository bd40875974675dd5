/**
 * Decodes picture files to square images of one size, as torchvision's ImageFolder sees them. PNG, JPEG, WebP, GIF and
 * TIFF through sharp, whose binaries lack BMP and Netpbm: those two here.
 */
import { basename } from 'node:path'
import sharp, { type Sharp } from 'sharp'
import { RefusedInputError } from '../../../shared/errors'
import { quoteFromFile } from '../weights/fileText'
import { readWhole } from '../weights/byteSource'
import { isBmp, parseBmp } from './pictureFormats/bmp'
import { isNetpbm, parseNetpbm } from './pictureFormats/netpbm'
import type { RawPicture } from './pictureFormats/types'

export const pictureExtensions = [
  '.png',
  '.jpg',
  '.jpeg',
  '.webp',
  '.gif',
  '.tif',
  '.tiff',
  '.bmp',
  '.ppm',
  '.pgm',
  '.pbm',
]
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

/**
 * CMYK as Pillow's convert('RGB') has it, whatever profile the file names: v = (255 − ink) · (255 − black) / 255,
 * rounded.
 */
function fromCmyk(inks: Buffer): Buffer {
  const pixels = Buffer.alloc((inks.length / 4) * 3)
  for (let from = 0, to = 0; from < inks.length; from += 4) {
    const light = 255 - inks[from + 3]!
    for (let ink = 0; ink < 3; ink++) pixels[to++] = Math.round(((255 - inks[from + ink]!) * light) / 255)
  }
  return pixels
}

const ofPixels = ({ width, height, channels, pixels }: RawPicture): Sharp =>
  sharp(pixels, { raw: { width, height, channels } })

/**
 * A picture as Pillow's convert('RGB') has it: profiles, orientation and transparency are passed over, of 16 bits the
 * upper eight are taken.
 */
async function openPicture(bytes: Buffer): Promise<Sharp> {
  if (isNetpbm(bytes)) return ofPixels(parseNetpbm(bytes))
  if (isBmp(bytes)) return ofPixels(parseBmp(bytes))
  const open = (): Sharp => sharp(bytes, { limitInputPixels: pixelLimit, animated: false, ignoreIcc: true })
  const { format, space, hasAlpha, width, height } = await open().metadata()
  if (!decodedFormats.includes(format)) throw new Error(`the format ${format}`)
  if (space === 'cmyk') {
    const inks = await open()
      .removeAlpha()
      .pipelineColourspace('cmyk')
      .toColourspace('cmyk')
      .raw({ depth: 'uchar' })
      .toBuffer()
    return ofPixels({ width, height, channels: 3, pixels: fromCmyk(inks) })
  }
  if (!hasAlpha) return open()
  // Resizing would mix colours by their transparency.
  const pixels = await open().removeAlpha().toColourspace('srgb').raw({ depth: 'uchar' }).toBuffer()
  return ofPixels({ width, height, channels: 3, pixels })
}

/**
 * One picture as HWC bytes; bicubic where the size differs, the first frame of several.
 * @throws RefusedInputError naming the file
 */
export async function decodePicture(path: string, shape: PictureShape): Promise<Uint8Array> {
  try {
    const image = await openPicture(Buffer.from(await readWhole(path, fileLimit)))
    const { data } = await image
      .resize(shape.side, shape.side, { fit: shape.fit, kernel: 'cubic', fastShrinkOnLoad: false })
      .toColourspace(shape.channels === 1 ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return data
  } catch (error) {
    if (error instanceof RefusedInputError) throw error
    throw new RefusedInputError(`${quoteFromFile(basename(path))} is no picture that can be read here.`, {
      wanted: 'a PNG, JPEG, BMP, WebP, GIF, TIFF, PBM, PGM or PPM picture',
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
