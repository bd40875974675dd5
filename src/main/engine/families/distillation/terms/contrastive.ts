import { choice, integer, number, type VisibleWhen } from '../../../../../shared/schema'
import { defineTerm, lossMetric } from './term'

const contrasts: VisibleWhen = { field: 'contrastiveWeight', greaterThan: 0 }

export const contrastive = defineTerm({
  id: 'contrastive',
  title: 'Contrastive',
  summary: 'Images that a learnt head tells from all others.',
  reference: { citation: 'Fang et al. 2021 (CMI)', link: 'https://arxiv.org/abs/2105.08584' },
  params: {
    contrastiveWeight: number({
      label: 'Contrastive weight',
      default: 0.8,
      min: 0,
      max: 1e4,
      help: 'A zoomed view of each image must be told from all other images by a learnt head (CMI).',
    }),
    contrastiveTemperature: number({
      label: 'Contrastive temperature',
      symbol: 'τ',
      default: 0.1,
      min: 1e-3,
      max: 10,
      help: 'T of the similarities.',
      visibleWhen: contrasts,
    }),
    bankSize: integer({
      label: 'Memory bank',
      unit: 'images',
      default: 40_960,
      min: 1,
      max: 1_000_000,
      help: 'Features of earlier images that serve as negatives; the oldest give way. They are part of every checkpoint.',
      visibleWhen: contrasts,
    }),
    bankWhenFull: choice({
      label: 'Memory bank right after it filled',
      default: 'kept',
      help: 'What the one call sees that comes after the bank has been filled for the first time, exactly.',
      visibleWhen: contrasts,
      advanced: true,
      options: [
        { value: 'kept', label: 'All its rows' },
        {
          value: 'empty',
          label: 'Nothing (reference)',
          help: 'A fault, kept for comparison: no negatives, and the images of the call’s first step are kept, those of a generator that has learnt nothing.',
        },
      ],
    }),
    negatives: integer({
      label: 'Negatives',
      unit: 'per step',
      default: 4096,
      min: 1,
      max: 65_536,
      help: 'Rows of the memory bank drawn per synthesis step; at most the whole bank.',
      visibleWhen: contrasts,
      advanced: true,
    }),
    headWidth: integer({
      label: 'Outputs of the head',
      default: 256,
      min: 2,
      max: 4096,
      help: 'Length of the vectors that are compared.',
      visibleWhen: contrasts,
      advanced: true,
    }),
  },
  weight: 'contrastiveWeight',
  metrics: lossMetric({
    title: 'Contrastive',

    unit: 'nats',
    definition:
      'Cross entropy of finding an image’s global view by its local view among all others: mean over the current plus mean over the remembered images.',
    formerly: ['loss.contrastive'],
  }),
  needsBatchNorm: true,
  value({ contrast }) {
    if (!contrast) throw new Error('The contrastive term needs its head.')
    return contrast()
  },
})
