/**
 * Decodes picture files to square images of one size, as torchvision's ImageFolder sees them. PNG, JPEG, WebP, GIF and
 * TIFF through sharp, whose binaries lack BMP and Netpbm: those two here.
 */
import { basename } from 'node:path'
import sharp, { type OutputInfo, type Sharp } from 'sharp'
import { RefusedInputError } from '../../../shared/errors'
import { quoteFromFile } from '../weights/fileText'
import { readWhole } from '../weights/byteSource'
import { isBmp, parseBmp } from './pictureFormats/bmp'
import { isNetpbm, parseNetpbm } from './pictureFormats/netpbm'
import type { RawPicture } from './pictureFormats/types'
import type { ImageShape } from './types'

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
  /**
   * fill: stretched to a square; cover: the largest middle square; pad: in the middle of a black square, made smaller
   * only where it is larger.
   */
  readonly fit: 'fill' | 'cover' | 'pad'
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

/** Of the wanted shape; bicubic where the size differs. */
async function shapePicture(picture: Sharp, { side, channels, fit }: PictureShape): Promise<Uint8Array> {
  const space = channels === 1 ? 'b-w' : 'srgb'
  const sizing = { kernel: 'cubic', fastShrinkOnLoad: false } as const
  if (fit !== 'pad') {
    const sized = picture.resize(side, side, { ...sizing, fit }).toColourspace(space)
    return sized.raw({ depth: 'uchar' }).toBuffer()
  }
  const { data, info } = await picture
    .resize(side, side, { ...sizing, fit: 'inside', withoutEnlargement: true })
    .toColourspace(space)
    .raw({ depth: 'uchar' })
    .toBuffer({ resolveWithObject: true })
  return padPixels(data, info, side)
}

/** In the middle of a black square; an odd pixel of the border lies right and below. */
function padPixels(data: Uint8Array, { width, height, channels }: OutputInfo, side: number): Uint8Array {
  const padded = new Uint8Array(side * side * channels)
  const [top, left] = [Math.floor((side - height) / 2), Math.floor((side - width) / 2)]
  for (let row = 0; row < height; row++) {
    const from = row * width * channels
    padded.set(data.subarray(from, from + width * channels), ((top + row) * side + left) * channels)
  }
  return padded
}

/** A picture of pixels at hand, HWC bytes, in another shape. */
export function reshapePixels(pixels: Uint8Array, from: ImageShape, shape: PictureShape): Promise<Uint8Array> {
  return shapePicture(sharp(pixels, { raw: from }), shape)
}

export interface CalledPicture {
  readonly name: string
  /** For messages. */
  readonly where: string
}

const unreadable = (error: unknown, { name, where }: CalledPicture): RefusedInputError =>
  error instanceof RefusedInputError
    ? error
    : new RefusedInputError(`${quoteFromFile(name)} is no picture that can be read here.`, {
        wanted: 'a PNG, JPEG, BMP, WebP, GIF, TIFF, PBM, PGM or PPM picture',
        got: error instanceof Error ? error.message : String(error),
        where,
        action: 'Repair or remove the file.',
        cause: error,
      })

/**
 * An encoded picture as HWC bytes; bicubic where the size differs, the first frame of several.
 * @throws RefusedInputError naming the picture
 */
export async function decodeBytes(bytes: Uint8Array, called: CalledPicture, shape: PictureShape): Promise<Uint8Array> {
  try {
    return await shapePicture(await openPicture(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length)), shape)
  } catch (error) {
    throw unreadable(error, called)
  }
}

/** Size and colours of an encoded picture. @throws RefusedInputError naming the picture */
export async function inspectPicture(bytes: Uint8Array, called: CalledPicture): Promise<ImageShape> {
  try {
    const { width, height, space } = await (
      await openPicture(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length))
    ).metadata()
    return { width, height, channels: space === 'b-w' || space === 'grey16' ? 1 : 3 }
  } catch (error) {
    throw unreadable(error, called)
  }
}

/** The same of a file. @throws RefusedInputError naming the file */
export async function decodePicture(path: string, shape: PictureShape): Promise<Uint8Array> {
  return decodeBytes(await readWhole(path, fileLimit), { name: basename(path), where: path }, shape)
}

/**
 * Many pictures of one shape in order in one array, made a few at a time.
 * @param onPicture called after each with the number done
 */
export async function gatherPictures(
  { count, size, signal }: { readonly count: number; readonly size: number; readonly signal: AbortSignal | undefined },
  make: (index: number) => Promise<Uint8Array>,
  onPicture: (done: number) => void,
): Promise<Uint8Array> {
  const pixels = new Uint8Array(count * size)
  let next = 0
  let done = 0
  let failed = false
  const work = async (): Promise<void> => {
    while (next < count && !failed) {
      signal?.throwIfAborted()
      const index = next++
      try {
        pixels.set(await make(index), index * size)
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

/** Decodes many picture files in order into one array. */
export function decodePictures(
  paths: readonly string[],
  shape: PictureShape,
  signal: AbortSignal | undefined,
  onPicture: (done: number) => void,
): Promise<Uint8Array> {
  const size = shape.side * shape.side * shape.channels
  return gatherPictures(
    { count: paths.length, size, signal },
    (index) => decodePicture(paths[index]!, shape),
    onPicture,
  )
}
