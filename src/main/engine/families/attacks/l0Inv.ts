import { integer, path } from '../../../../shared/schema'
import { readMask } from './masks'
import { sparsePattern } from './patterns'
import { patternSeedField, pictureExtensions, pictureField, readPicture } from './pictures'
import { pixelwise } from './trigger'
import { defineAttack, type AttackContext } from './types'

/** Rounded to float32 once, as NumPy computes 1 − mask on a float32 mask. */
const inverted = (mask: Float32Array): Float32Array => mask.map((value) => 1 - value)

async function readBoth(
  picture: string,
  mask: string,
  context: AttackContext,
): Promise<{ values: Float64Array; keep: Float32Array; notes: readonly string[] }> {
  const { values, notes, folder } = await readPicture(picture, ['l0_inv.png'], context)
  const read = await readMask(mask === '' ? folder : mask, ['mask.npy', 'mask.png'], context)
  return { values, keep: inverted(read.values), notes: [...notes, ...read.notes] }
}

/**
 * l0 invisible: a few pixels are replaced.
 *
 * x' = clip((1 − m) ⊙ x + t), m the file's mask (1 where the trigger stands), t the picture, 0 elsewhere; the same in
 * train and test.
 * Images NHWC bytes, grey or RGB.
 * Reference: Li et al. 2020, arXiv:1909.02742; zskt/datasets/backdoor.py. Built in: a row of eight saturated pixels at
 * the bottom right, like
 * the reference's picture, in colours of our own.
 * Differs: the reference's mask fits its 32×32 RGB images only; here it follows the picture to other sizes (nearest
 * neighbour) and to grey (maximum).
 */
export const l0Inv = defineAttack({
  id: 'l0_inv',
  title: 'l0 invisible pixels',
  summary: 'A few pixels at the bottom edge are replaced by saturated colours.',
  reference: {
    citation:
      'Li, Xue, Zhao, Zhu, Zhang 2020, Invisible backdoor attacks on deep neural networks via steganography and regularization',
    link: 'https://arxiv.org/abs/1909.02742',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: {
    picture: pictureField('l0_inv.png and mask.npy'),
    mask: path({
      label: 'Mask',
      default: '',
      select: 'fileOrFolder',
      extensions: ['npy', ...pictureExtensions],
      optional: true,
      help: 'Where the picture replaces the image: a .npy array of shape (channels, height, width) with values 0 to 1, or a black and white picture; other sizes are taken by the nearest pixel. Empty takes mask.npy beside the picture; it has no effect without one.',
    }),
    pixels: integer({
      label: 'Pixels',
      default: 8,
      min: 1,
      max: 64,
      visibleWhen: { field: 'picture', equals: '' },
      help: 'How many pixels of the bottom row are replaced, from the right. 8 is the reference.',
    }),
    patternSeed: patternSeedField,
  },
  async create({ picture, mask, pixels, patternSeed }, context) {
    const drawn = sparsePattern(context, pixels, patternSeed)
    const { values, keep, notes } =
      picture === ''
        ? { values: drawn.values, keep: inverted(drawn.mask), notes: [] }
        : await readBoth(picture, mask, context)
    return pixelwise(context, (value, place) => value * keep[place]! + values[place]!, notes)
  },
})
