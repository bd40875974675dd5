import { number } from '../../../../../shared/schema'
import { totalVariation } from '../../../maths/losses/imagePrior'
import { defineTerm, lossMetric } from './term'

export const variation = defineTerm({
  id: 'variation',
  title: 'Total variation',
  summary: 'Images without noise.',
  reference: { citation: 'Yin et al. 2020 (DeepInversion)', link: 'https://arxiv.org/abs/1912.08795' },
  params: {
    variationWeight: number({
      label: 'Total variation weight',
      default: 0,
      min: 0,
      max: 1e4,
      help: 'Mean difference of neighbouring pixels in four directions (DeepInversion).',
    }),
  },
  weight: 'variationWeight',
  metrics: lossMetric({
    title: 'Total variation',

    unit: '',
    definition: 'Mean difference of neighbouring pixels, summed over four directions.',
    formerly: ['loss.variation'],
  }),
  value: ({ images }) => totalVariation(images),
})
