import { integer } from '../../../../shared/schema'
import { additiveTrigger } from './additive'
import { placePatch } from './corners'
import { patchPattern } from './patterns'
import { patternSeedField, pictureField } from './pictures'
import { defineAttack } from './types'

/**
 * Trojan patch of 8×8 pixels.
 *
 * x' = clip(x + t), t a coloured patch, 0 elsewhere; the same in train and test. Built in: rows and columns 22–29 of a
 * 32×32 image.
 * Images NHWC bytes, grey or RGB, any size that holds the patch.
 * Reference: Liu et al. 2018, Trojaning attack on neural networks; zskt/datasets/backdoor.py. Differs: the paper makes
 * t excite chosen neurons;
 * without a trigger pack seeded random colours take its place.
 */
export const trojan8x8 = defineAttack({
  id: 'trojan_8x8',
  title: 'Trojan patch, 8×8',
  summary: 'An 8×8 patch of random colours is added near the bottom right corner.',
  reference: {
    citation: 'Liu, Ma, Aafer, Lee, Zhai, Wang, Zhang 2018, Trojaning attack on neural networks',
    link: 'https://doi.org/10.14722/ndss.2018.23291',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: {
    picture: pictureField('trojan_8x8.png'),
    margin: integer({
      label: 'Distance from the edge',
      unit: 'px',
      default: 2,
      min: 0,
      max: 64,
      visibleWhen: { field: 'picture', equals: '' },
      help: 'Pixels between the built-in patch and the image edges at the bottom right.',
    }),
    patternSeed: patternSeedField,
  },
  create: ({ picture, margin, patternSeed }, context) =>
    additiveTrigger(picture, 'trojan_8x8.png', context, () => {
      const { top, left } = placePatch('bottomRight', 8, margin, context)
      return patchPattern(context, top, left, 8, patternSeed)
    }),
})
