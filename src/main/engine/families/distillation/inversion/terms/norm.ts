import { number } from '../../../../../../shared/schema'
import { imageNorm } from '../../../../maths/losses/imagePrior'
import { defineTerm, lossMetric } from './term'

export const norm = defineTerm({
  id: 'norm',
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
