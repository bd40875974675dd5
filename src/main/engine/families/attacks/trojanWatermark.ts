import { additiveTrigger } from './additive'
import { watermarkPattern } from './patterns'
import { patternSeedField, pictureField } from './pictures'
import { defineAttack } from './types'

/**
 * Trojan watermark: a thin drawing over the image.
 *
 * x' = clip(x + t), t a ring and a diagonal of saturated colours over a tenth of the pixels, 0 elsewhere; the same in
 * train and test.
 * Images NHWC bytes, grey or RGB.
 * Reference: Liu et al. 2018, Trojaning attack on neural networks; zskt/datasets/backdoor.py. Differs: without a
 * trigger pack a drawing of our own
 * takes the place of the reference's watermark.
 */
export const trojanWatermark = defineAttack({
  id: 'trojan_wm',
  title: 'Trojan watermark',
  summary: 'A thin coloured drawing, a ring and a diagonal, is added to the image.',
  reference: {
    citation: 'Liu, Ma, Aafer, Lee, Zhai, Wang, Zhang 2018, Trojaning attack on neural networks',
    link: 'https://doi.org/10.14722/ndss.2018.23291',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: { picture: pictureField('trojan_wm.png'), patternSeed: patternSeedField },
  create: ({ picture, patternSeed }, context) =>
    additiveTrigger(picture, 'trojan_wm.png', context, () => watermarkPattern(context, patternSeed)),
})
