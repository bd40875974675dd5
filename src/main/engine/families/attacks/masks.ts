/** Masks of triggers out of files, sized for the images. */
import { basename } from 'node:path'
import { RefusedInputError } from '../../../../shared/errors'
import { readNpy } from '../datasets/files/npy'
import { decodePicture, findFile, triggerFileLimit } from './pictures'
import type { Plane } from './resize'
import type { AttackContext } from './types'

const action = 'Name a .npy array of shape (channels, height, width) with values 0 to 1, or a black and white picture.'

async function readPlane(file: string): Promise<Plane> {
  if (!file.toLowerCase().endsWith('.npy')) {
    const { plane } = await decodePicture(file)
    return { ...plane, values: plane.values.map((value) => value / 255) }
  }
  const { shape, data } = await readNpy(file, triggerFileLimit)
  const values = Float64Array.from(data as ArrayLike<number | bigint>, Number)
  const bad = values.findIndex((value) => !(value >= 0 && value <= 1))
  if (bad >= 0)
    throw new RefusedInputError('The mask holds values that are no shares.', {
      wanted: 'values from 0 to 1',
      got: String(values[bad]),
      where: file,
      action,
    })
  const [first = 0, second = 0, third = 0] = shape
  const areChannels = (size: number): boolean => size === 1 || size === 3
  if (shape.length === 2) return { height: first, width: second, channels: 1, values }
  if (shape.length === 3 && areChannels(first)) {
    const size = second * third
    return {
      height: second,
      width: third,
      channels: first,
      values: values.map((_, place) => values[(place % first) * size + Math.floor(place / first)]!),
    }
  }
  if (shape.length === 3 && areChannels(third)) return { height: first, width: second, channels: third, values }
  throw new RefusedInputError('The mask has another shape than an image.', {
    wanted: '(1 or 3 channels, height, width), (height, width, channels) or (height, width)',
    got: `(${shape.join(', ')})`,
    where: file,
    action,
  })
}

export interface TriggerMask {
  /** HWC in the images' size, 1 where the trigger stands. */
  readonly values: Float32Array
  readonly notes: readonly string[]
}

/**
 * Reads a mask, 1 where the trigger stands: a .npy array of shape [C, H, W], [H, W, C] or [H, W], or a picture (white =
 * 1), and makes it fit.
 *
 * Size by nearest neighbour, place i of n′ from ⌊(i + ½) · n / n′⌋ of n, so that it stays a mask of the file's values.
 * Channels: one is repeated;
 * for grey images the largest of three counts, so that a pixel which is replaced in any channel is replaced.
 */
export async function readMask(
  given: string,
  names: readonly string[],
  { height, width, channels }: AttackContext,
): Promise<TriggerMask> {
  const file = await findFile(given, names)
  const plane = await readPlane(file)
  const values = new Float32Array(height * width * channels)
  for (let row = 0; row < height; row++) {
    const fromRow = Math.floor(((row + 0.5) * plane.height) / height)
    for (let column = 0; column < width; column++) {
      const start = (fromRow * plane.width + Math.floor(((column + 0.5) * plane.width) / width)) * plane.channels
      const shares = plane.values.subarray(start, start + plane.channels)
      for (let channel = 0; channel < channels; channel++) {
        values[(row * width + column) * channels + channel] =
          plane.channels === channels ? shares[channel]! : Math.max(...shares)
      }
    }
  }
  const notes: string[] = []
  if (plane.height !== height || plane.width !== width)
    notes.push(`${basename(file)} was resized from ${plane.width}×${plane.height} to ${width}×${height} pixels.`)
  if (plane.channels > channels)
    notes.push(
      `${basename(file)} has a mask per colour: in grey images a pixel is replaced where it is in any of them.`,
    )
  return { values, notes }
}
