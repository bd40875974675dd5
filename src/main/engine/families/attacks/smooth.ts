import { integer } from '../../../../shared/schema'
import { smoothPattern } from './patterns'
import { patternSeedField, pictureField, readPicture } from './pictures'
import { triggerOf } from './trigger'
import { defineAttack, type AttackContext } from './types'

/**
 * Smooth trigger: a low-frequency tint is added, then each image is stretched to the full range.
 *
 * y = x + t; x' = 255 (y − min y) / (max y − min y), minimum and maximum per image over all pixels and channels. Same
 * in train and test.
 * Images NHWC bytes, grey or RGB.
 * Reference: Zeng et al. 2021, arXiv:2104.03413 (triggers smooth in frequency); zskt/datasets/backdoor.py. Differs:
 * where y is constant the reference
 * divides 0 by 0, here x' = 0; without a trigger pack a seeded bump of light takes the place of the optimised picture.
 */
export const smooth = defineAttack({
  id: 'smooth',
  title: 'Smooth tint',
  summary: 'A broad, low-frequency tint is added and each image is stretched to the full range.',
  reference: {
    citation: 'Zeng, Park, Mao, Jia 2021, Rethinking the backdoor attacks’ triggers: a frequency perspective',
    link: 'https://arxiv.org/abs/2104.03413',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: {
    picture: pictureField('smooth_<data set>.png, as smooth_gtsrb.png, or else smooth.png or smooth_cifar10.png'),
    amplitude: integer({
      label: 'Strength',
      unit: 'grey levels',
      default: 51,
      min: 1,
      max: 255,
      visibleWhen: { field: 'picture', equals: '' },
      help: 'Height of the tint in its strongest channel. The reference’s pictures reach 51.',
    }),
    patternSeed: patternSeedField,
  },
  async create({ picture, amplitude, patternSeed }, context) {
    const { values, notes } =
      picture === ''
        ? { values: smoothPattern(context, amplitude, patternSeed), notes: [] }
        : await readTint(picture, context)
    return triggerOf((pixels, count) => {
      const out = new Float64Array(pixels.length)
      for (let image = 0; image < count; image++) stretch(pixels, values, out, image * values.length)
      return out
    }, notes)
  },
})

const shared = 'smooth.png'
const ofCifar = 'smooth_cifar10.png'

/**
 * The tint made for the data set, as the reference picks it (smooth_<data set>.png); else the pack's own for all, else
 * CIFAR-10's.
 */
async function readTint(
  picture: string,
  context: AttackContext,
): Promise<{ values: Float64Array; notes: readonly string[] }> {
  const own = context.dataset === undefined ? [] : [`smooth_${context.dataset}.png`]
  const { values, notes, fileName } = await readPicture(picture, [...new Set([...own, shared, ofCifar])], context)
  const other =
    own.length > 0 && fileName === ofCifar && !own.includes(ofCifar)
      ? `, made for CIFAR-10: the trigger pack holds no ${own.join()}`
      : ''
  return { values, notes: [...notes, `The trigger picture is ${fileName}${other}.`] }
}

/** Adds the tint to one image and stretches it to 0..255. */
function stretch(pixels: Uint8Array, tint: Float64Array, out: Float64Array, offset: number): void {
  let lowest = Infinity
  let highest = -Infinity
  for (let place = 0; place < tint.length; place++) {
    const value = pixels[offset + place]! + tint[place]!
    out[offset + place] = value
    lowest = Math.min(lowest, value)
    highest = Math.max(highest, value)
  }
  const range = highest - lowest
  for (let place = 0; place < tint.length; place++)
    out[offset + place] = range === 0 ? 0 : ((out[offset + place]! - lowest) / range) * 255
}
