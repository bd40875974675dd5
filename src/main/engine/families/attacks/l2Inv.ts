import { integer } from '../../../../shared/schema'
import { additiveTrigger } from './additive'
import { noisePattern } from './patterns'
import { patternSeedField, pictureField } from './pictures'
import { defineAttack } from './types'

/**
 * l2 invisible: faint noise over the whole image.
 *
 * x' = clip(x + t), ‖t‖₂ small; the same in train and test. Images NHWC bytes, grey or RGB.
 * Reference: Li et al. 2020, arXiv:1909.02742; zskt/datasets/backdoor.py. Differs: the paper optimises t against a
 * network; without a trigger pack
 * seeded half-normal noise of the same mean size (9 grey levels) takes its place.
 */
export const l2Inv = defineAttack({
  id: 'l2_inv',
  title: 'l2 invisible noise',
  summary: 'Faint noise of a small l2 norm is added to the whole image.',
  reference: {
    citation:
      'Li, Xue, Zhao, Zhu, Zhang 2020, Invisible backdoor attacks on deep neural networks via steganography and regularization',
    link: 'https://arxiv.org/abs/1909.02742',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: {
    picture: pictureField('l2_inv.png'),
    strength: integer({
      label: 'Strength',
      unit: 'grey levels',
      default: 22,
      min: 1,
      max: 255,
      visibleWhen: { field: 'picture', equals: '' },
      help: 'Standard deviation of the noise, of which the positive half is kept. 22 gives the mean of the reference’s picture, 9.',
    }),
    patternSeed: patternSeedField,
  },
  create: ({ picture, strength, patternSeed }, context) =>
    additiveTrigger(picture, 'l2_inv.png', context, () => noisePattern(context, strength, patternSeed)),
})
