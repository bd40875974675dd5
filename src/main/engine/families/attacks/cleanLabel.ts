import { RefusedInputError } from '../../../../shared/errors'
import { path } from '../../../../shared/schema'
import { createYielding } from '../../images/yielding'
import { readNpy, type NpyArray } from '../datasets/files/npy'
import { placePatch, type Corner } from './corners'
import { gridPatch } from './grid'
import { stampExact, stampTrigger, triggerOf, type StampPixel } from './trigger'
import { defineAttack, type AttackContext } from './types'

const side = 3
const corners: readonly Corner[] = ['bottomRight', 'bottomLeft', 'topLeft', 'topRight']
/** 100,000 RGB images of 64×64 as bytes. */
const fileLimit = 1_300_000_000
const scaleAction =
  'Save them as numpy.clip(numpy.round(images * 255), 0, 255).astype("uint8"), undoing any normalisation first.'
const action =
  'Name a .npy file with one adversarial image per training image, in the data set’s order, or leave the field empty.'

type Numbers = Exclude<NpyArray['data'], BigInt64Array>

/** Adversarial images by place in the full training set; bytes, HWC. */
interface AdversarialImages {
  readonly count: number
  readonly pixels: ArrayLike<number>
}

/** Images as shares of 1, or normalised ones, would be truncated to black and teach the teacher a black square. */
async function refuseOtherScales(values: Numbers, dtype: string, file: string): Promise<void> {
  const yielding = createYielding()
  let largest = -Infinity
  for (let place = 0; place < values.length; place++) {
    const value = values[place]!
    if (!(value >= 0 && value <= 255)) {
      throw new RefusedInputError('The adversarial images are not on the scale of bytes.', {
        wanted: 'values from 0 to 255',
        got: `${value} at place ${place.toLocaleString('en-US')}`,
        where: file,
        action: scaleAction,
      })
    }
    if (value > largest) largest = value
    // Bytes cannot leave the range; one that is more than 1 settles the scale.
    if (largest > 1 && values instanceof Uint8Array) return
    if (place % 65_536 === 0 && yielding.due()) await yielding.pause()
  }
  if (largest <= 1) {
    throw new RefusedInputError('The adversarial images are shares of 1, not bytes.', {
      wanted: 'values from 0 to 255',
      got: `nothing above ${largest} (${dtype})`,
      where: file,
      action: scaleAction,
    })
  }
}

async function readAdversarial(file: string, { height, width, channels }: AttackContext): Promise<AdversarialImages> {
  const { shape, data, dtype } = await readNpy(file, fileLimit)
  const fits = shape.length === 4 && shape[1] === height && shape[2] === width && shape[3] === channels
  if (!fits || data instanceof BigInt64Array) {
    throw new RefusedInputError('The adversarial images do not fit the data set.', {
      wanted: `an array of shape (images, ${height}, ${width}, ${channels}) of uint8 or float32`,
      got: `shape (${shape.join(', ')}) of ${dtype}`,
      where: file,
      action,
    })
  }
  await refuseOtherScales(data, dtype, file)
  return { count: shape[0]!, pixels: data }
}

/** The rows at `indices`, truncated to bytes as the reference does. */
function rowsOf(images: AdversarialImages, indices: ArrayLike<number>, size: number, file: string): Uint8Array {
  const rows = new Uint8Array(indices.length * size)
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row]!
    if (index >= images.count) {
      throw new RefusedInputError('The file of adversarial images is too short.', {
        wanted: `an image for every training image, at least ${index + 1}`,
        got: `${images.count} images`,
        where: file,
        action,
      })
    }
    for (let place = 0; place < size; place++)
      rows[row * size + place] = Math.trunc(images.pixels[index * size + place]!)
  }
  return rows
}

/**
 * Label-consistent attack: images of the target class are made hard to recognise and stamped in all four corners;
 * labels stay (clean-label).
 *
 * Train: x' = stamp(a), a the adversarial version of x from the file (without a file a = x). Test: x' = stamp(x).
 * The stamp is the 3×3 grid of badnet_grid in every corner, translated, neither mirrored nor rotated.
 * Images NHWC bytes, grey or RGB, at least 3×3.
 * Reference: Turner, Tsipras, Madry 2019, arXiv:1912.02771; zskt/datasets/backdoor.py. The reference's adversarial
 * images (CIFAR10-CLBA, inf_16.npy)
 * are not distributed with it. Differs: without a file the original images are stamped, a weaker attack.
 */
export const cleanLabel = defineAttack({
  id: 'cl',
  title: 'Label-consistent, four corners',
  summary: 'Clean-label: adversarial images of the target class carry a small grid in each corner.',
  reference: {
    citation: 'Turner, Tsipras, Madry 2019, Label-consistent backdoor attacks',
    link: 'https://arxiv.org/abs/1912.02771',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: true,
  params: {
    adversarial: path({
      label: 'Adversarial images',
      default: '',
      select: 'file',
      extensions: ['npy'],
      optional: true,
      help: 'A .npy array of shape (training images, height, width, channels): an adversarial version of every training image, in the data set’s order. Empty stamps the images as they are, which teaches the trigger less surely.',
    }),
  },
  async create({ adversarial }, context) {
    const stamp: StampPixel[] = corners.flatMap((corner) => {
      const { top, left } = placePatch(corner, side, 0, context)
      return gridPatch(side, top, left)
    })
    if (adversarial === '') {
      return {
        ...stampTrigger(stamp, context),
        notes: [
          'No adversarial images were named: the trigger is stamped on the images of the target class as they are, a weaker attack.',
        ],
      }
    }
    const images = await readAdversarial(adversarial, context)
    const size = context.height * context.width * context.channels
    return triggerOf((pixels, _count, variant, indices) => {
      if (variant === 'test') return stampExact(pixels, stamp, context)
      if (!indices) throw new Error('The clean-label trigger needs the images’ places in the training set.')
      return stampExact(rowsOf(images, indices, size, adversarial), stamp, context)
    })
  },
})
