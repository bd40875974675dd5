/**
 * Trigger pictures and masks out of files, sized for the images. A trigger pack is a folder of such files under the
 * attacks' names.
 */
import { stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import sharp from 'sharp'
import { RefusedInputError } from '../../../../shared/errors'
import { integer, path } from '../../../../shared/schema'
import { readWhole } from '../../weights/byteSource'
import { quoteFromFile } from '../../weights/fileText'
import { resizePlane, type Plane } from './resize'
import type { AttackContext } from './types'

const pictureFormats = ['png', 'jpeg', 'webp', 'gif', 'tiff']
export const pictureExtensions = ['png', 'jpg', 'jpeg', 'webp', 'gif', 'tif', 'tiff']
export const triggerFileLimit = 64_000_000
/** Pictures are held as float64 while they are resized. */
const pixelLimit = 4_194_304
const action =
  'Name a PNG or JPEG picture, or a folder that holds one, or leave the field empty for the built-in pattern.'

/** The parameters of attacks that add or mix a picture. */
export const pictureField = (fileName: string): ReturnType<typeof path> =>
  path({
    label: 'Trigger picture',
    default: '',
    select: 'fileOrFolder',
    extensions: pictureExtensions,
    optional: true,
    help: `A picture, or a trigger pack: a folder that holds ${fileName}. Empty takes the built-in pattern. Other sizes are resized as the reference does.`,
  })

export const patternSeedField = integer({
  label: 'Seed of the pattern',
  default: 0,
  min: 0,
  max: 2 ** 31 - 1,
  visibleWhen: { field: 'picture', equals: '' },
  advanced: true,
  help: 'Which built-in pattern is drawn. It belongs to the attack, not to the run: repeated runs carry the same trigger.',
})

/** Where a picture lies: the file itself, or the first of `names` inside a folder. */
export async function findFile(given: string, names: readonly string[]): Promise<string> {
  const kind = await stat(given).catch(() => null)
  if (kind === null)
    throw new RefusedInputError('The trigger picture does not exist.', {
      wanted: 'a picture or a folder',
      got: 'nothing at that path',
      where: given,
      action,
    })
  if (!kind.isDirectory()) return given
  for (const name of names) {
    if ((await stat(join(given, name)).catch(() => null))?.isFile()) return join(given, name)
  }
  throw new RefusedInputError('The trigger pack lacks the picture of this attack.', {
    wanted: names.join(' or '),
    got: 'a folder without it',
    where: given,
    action,
  })
}

/** Decodes a picture to bytes, grey (1 channel) or RGB. */
export async function decodePicture(file: string): Promise<{ plane: Plane; notes: string[] }> {
  const name = basename(file)
  const bytes = await readWhole(file, triggerFileLimit)
  try {
    const image = sharp(bytes, { limitInputPixels: pixelLimit, animated: false })
    const { format, channels, hasAlpha, depth, pages, orientation } = await image.metadata()
    if (!pictureFormats.includes(format)) throw new Error(`the format ${format}`)
    const notes: string[] = []
    if (hasAlpha) notes.push(`${name} is transparent in places; they are taken as black.`)
    if ((pages ?? 1) > 1) notes.push(`${name} has ${pages} frames; the first is used.`)
    if (depth !== 'uchar') notes.push(`${name} has more than 8 bits per channel; it is reduced to 8.`)
    if ((orientation ?? 1) !== 1) notes.push(`${name} is turned as its EXIF orientation says.`)
    const grey = (hasAlpha ? channels - 1 : channels) === 1
    const upright = image.autoOrient().flatten({ background: '#000000' })
    const { data, info } = await upright
      .toColourspace(grey ? 'b-w' : 'srgb')
      .raw({ depth: 'uchar' })
      .toBuffer({ resolveWithObject: true })
    return {
      plane: { height: info.height, width: info.width, channels: info.channels, values: Float64Array.from(data) },
      notes,
    }
  } catch (error) {
    throw new RefusedInputError(`${quoteFromFile(name)} is no picture that can be read here.`, {
      wanted: `a picture of a format ${pictureFormats.join(', ')}, at most 4 megapixels`,
      got: error instanceof Error ? error.message : String(error),
      where: file,
      action,
      cause: error,
    })
  }
}

/** Grey to RGB by repeating; RGB to grey by ITU-R 601 luminance. */
function matchChannels(plane: Plane, channels: 1 | 3): Plane {
  if (plane.channels === channels) return plane
  const { height, width } = plane
  const values = new Float64Array(height * width * channels)
  for (let pixel = 0; pixel < height * width; pixel++) {
    if (channels === 3) values.fill(plane.values[pixel]!, pixel * 3, pixel * 3 + 3)
    else
      values[pixel] =
        0.299 * plane.values[pixel * 3]! + 0.587 * plane.values[pixel * 3 + 1]! + 0.114 * plane.values[pixel * 3 + 2]!
  }
  return { height, width, channels, values }
}

/** Rounds half to even, as NumPy's rint does. */
function roundHalfToEven(value: number): number {
  const rounded = Math.round(value)
  return rounded - value === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded
}

export interface TriggerPicture {
  /** t, HWC in the images' size, whole numbers 0..255. */
  readonly values: Float64Array
  readonly notes: readonly string[]
  /** Folder in which a mask may lie beside the picture. */
  readonly folder: string
  /** The file that was taken, out of those that a folder may hold. */
  readonly fileName: string
}

/**
 * Reads the picture for an attack: decoded, channels matched, resized with order 1 and anti-aliasing, rounded to bytes.
 * @param given a picture file, or a trigger pack folder
 * @param names file names to look for in a folder, the first that exists
 */
export async function readPicture(
  given: string,
  names: readonly string[],
  context: AttackContext,
): Promise<TriggerPicture> {
  const file = await findFile(given, names)
  const { plane, notes } = await decodePicture(file)
  const matched = matchChannels(plane, context.channels)
  const sized = await resizePlane(matched, context.height, context.width)
  if (sized.height !== plane.height || sized.width !== plane.width)
    notes.push(
      `${basename(file)} was resized from ${plane.width}×${plane.height} to ${context.width}×${context.height} pixels.`,
    )
  return {
    values: sized.values.map((value) => Math.min(255, Math.max(0, roundHalfToEven(value)))),
    notes,
    folder: dirname(file),
    fileName: basename(file),
  }
}
