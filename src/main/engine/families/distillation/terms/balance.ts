import { number } from '../../../../../shared/schema'
import { classBalanceLoss } from '../../../maths/losses/synthesis'
import { defineTerm, lossMetric } from './term'

export const balance = defineTerm({
  id: 'balance',
  title: 'Class balance',
  summary: 'All classes in the batch.',
  reference: { citation: 'Chen et al. 2019 (DAFL)', link: 'https://arxiv.org/abs/1904.01186' },
  params: {
    balanceWeight: number({
      label: 'Class balance weight',
      default: 0,
      min: 0,
      max: 1e4,
      help: 'Negative entropy of the mean prediction (DAFL).',
    }),
  },
  weight: 'balanceWeight',
  metrics: lossMetric({
    title: 'Class balance',
    unit: 'nats',
    formerly: ['balanceLoss'],
    definition: 'Negative entropy of the mean class distribution that the teacher predicts on the synthetic images.',
  }),
  value: ({ teacher }) => classBalanceLoss(teacher.logits),
})
