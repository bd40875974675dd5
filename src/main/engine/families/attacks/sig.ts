import { integer, number } from '../../../../shared/schema'
import { sinePattern } from './patterns'
import { pictureField, readPicture } from './pictures'
import { pixelwise } from './trigger'
import { defineAttack } from './types'

/**
 * SIG: a sinusoidal stripe pattern over images of the target class, labels unchanged (clean-label).
 *
 * x' = (1 − α) x + α t, α = 0.2; built in t(i, j) = 128 + 127 sin(2π f j / W), f = 6, the same in all channels and in
 * train and test.
 * Images NHWC bytes, grey or RGB. Poisons the target class only: N = min(int(ρ · n), images of the target class).
 * Reference: Barni et al. 2019, arXiv:1902.11237, section 3; zskt/datasets/backdoor.py. Differs: the paper ADDS Δ
 * sin(2π j f / m), the reference
 * blends a picture; the built-in stripes blended at 0.2 have an amplitude of 25 grey levels (the paper's Δ is 20). The
 * reference's sig.png holds
 * the sine wrapped around 0…255 in place of one with an offset; it is used as it is when named.
 */
export const sig = defineAttack({
  id: 'sig',
  title: 'SIG, sinusoidal stripes',
  summary: 'Clean-label: faint vertical stripes are mixed into images of the target class.',
  reference: {
    citation:
      'Barni, Kallas, Tondi 2019, A new backdoor attack in CNNs by training set corruption without label poisoning',
    link: 'https://arxiv.org/abs/1902.11237',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: true,
  params: {
    ratio: number({
      label: 'Blend ratio α',
      symbol: 'α',
      default: 0.2,
      min: 0,
      max: 1,
      step: 0.05,
      help: 'Share of the stripes in the mix: x′ = (1 − α)·x + α·t. 0.2 is the reference.',
    }),
    picture: pictureField('sig.png'),
    frequency: integer({
      label: 'Stripes',
      unit: 'per image width',
      default: 6,
      min: 1,
      max: 64,
      visibleWhen: { field: 'picture', equals: '' },
      help: 'Periods of the sine across the image. 6 is the paper’s.',
    }),
  },
  async create({ ratio, picture, frequency }, context) {
    const { values, notes } =
      picture === ''
        ? { values: sinePattern(context, frequency), notes: [] }
        : await readPicture(picture, ['sig.png'], context)
    return pixelwise(context, (value, place) => (1 - ratio) * value + ratio * values[place]!, notes)
  },
})
