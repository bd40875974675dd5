import { number } from '../../../../../shared/schema'
import { imageNorm } from '../../../maths/losses/imagePrior'
import { defineTerm, lossMetric } from './term'

export const norm = defineTerm({
  id: 'norm',
  title: 'Image norm',
  summary: 'Images of small norm.',
  reference: { citation: 'Yin et al. 2020 (DeepInversion)', link: 'https://arxiv.org/abs/1912.08795' },
  params: {
    normWeight: number({
      label: 'Image norm weight',
      default: 0,
      min: 0,
      max: 1e4,
      help: 'L2 norm of the batch (DeepInversion).',
      advanced: true,
    }),
  },
  weight: 'normWeight',
  metrics: lossMetric({
    title: 'Image norm',
    unit: '',
    definition: 'L2 norm of the synthetic batch.',
    formerly: ['loss.norm'],
  }),
  value: ({ images }) => imageNorm(images),
})
