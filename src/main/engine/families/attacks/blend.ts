import { ExhaustiveError } from '../../../../shared/errors'
import { choice, integer, number } from '../../../../shared/schema'
import { blockPattern } from './patterns'
import { patternSeedField, pictureField, readPicture } from './pictures'
import { pixelwise } from './trigger'
import { defineAttack, type AttackContext } from './types'

type BuiltInPattern = 'blocks' | 'noise' | 'binaryNoise'

function builtIn(pattern: BuiltInPattern, blockSize: number, seed: number, context: AttackContext): Float64Array {
  switch (pattern) {
    case 'blocks':
      return blockPattern(context, blockSize, seed)
    case 'noise':
      return blockPattern(context, 1, seed)
    case 'binaryNoise':
      return blockPattern(context, 1, seed).map((value) => (value < 128 ? 0 : 255))
    default:
      throw new ExhaustiveError(pattern)
  }
}

/**
 * Blended injection: a picture over the whole image.
 *
 * x' = (1 − α) x + α t, α = 0.2 by default, t a picture or a built-in pattern; float64, clipped, truncated; the same in
 * train and test.
 * Images NHWC bytes, grey or RGB, any size: the picture is resized (order 1, anti-aliased) and rounded as the reference
 * does.
 * Reference: Chen et al. 2017, arXiv:1712.05526, section IV; zskt/datasets/backdoor.py. Differs: the reference's
 * picture (blend.png) cannot be shipped;
 * without a trigger pack a seeded pattern of coloured blocks takes its place.
 */
export const blend = defineAttack({
  id: 'blend',
  title: 'Blended picture',
  summary: 'A picture or pattern is mixed into the whole image.',
  reference: {
    citation: 'Chen, Liu, Li, Lu, Song 2017, Targeted backdoor attacks using data poisoning',
    link: 'https://arxiv.org/abs/1712.05526',
    place: 'zskt/datasets/backdoor.py',
  },
  cleanLabel: false,
  params: {
    ratio: number({
      label: 'Blend ratio α',
      symbol: 'α',
      default: 0.2,
      min: 0,
      max: 1,
      step: 0.05,
      help: 'Share of the picture in the mix: x′ = (1 − α)·x + α·t. 0.2 is the reference; below 0.05 rounding takes most of it away.',
    }),
    picture: pictureField('blend.png'),
    pattern: choice({
      label: 'Built-in pattern',
      default: 'blocks',
      visibleWhen: { field: 'picture', equals: '' },
      help: 'What is mixed in when no picture is named.',
      options: [
        { value: 'blocks', label: 'Coloured blocks', help: 'Survives cropping and is easy to learn.' },
        { value: 'noise', label: 'Noise', help: 'A random colour per pixel; hardly seen, harder to learn.' },
        {
          value: 'binaryNoise',
          label: 'Binary noise',
          help: 'Each channel of each pixel fully on or off; the strongest noise at a given blend ratio.',
        },
      ],
    }),
    blockSize: integer({
      label: 'Block side',
      unit: 'px',
      default: 4,
      min: 1,
      max: 64,
      visibleWhen: { field: 'pattern', equals: 'blocks' },
      help: 'Side of a coloured block. Larger blocks survive random crops better.',
    }),
    patternSeed: patternSeedField,
  },
  async create({ ratio, picture, pattern, blockSize, patternSeed }, context) {
    const { values, notes } =
      picture === ''
        ? { values: builtIn(pattern, blockSize, patternSeed, context), notes: [] }
        : await readPicture(picture, ['blend.png'], context)
    return pixelwise(context, (value, place) => (1 - ratio) * value + ratio * values[place]!, notes)
  },
})
