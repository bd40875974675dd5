import { number } from '../../../../../shared/schema'
import { batchNormStatisticsLoss } from '../../../maths/losses/synthesis'
import { defineTerm, lossMetric } from './term'

export const batchNorm = defineTerm({
  id: 'batchNorm',
  title: 'BN statistics',
  summary: 'Batch statistics inside the teacher like those of its training.',
  reference: { citation: 'Yin et al. 2020 (DeepInversion)', link: 'https://arxiv.org/abs/1912.08795' },
  params: {
    batchNormWeight: number({
      label: 'BN statistics weight',
      default: 1,
      min: 0,
      max: 1e4,
      help: 'Σ over layers of ‖μ_batch − μ‖ + ‖σ²_batch − σ²‖ inside the teacher (DeepInversion).',
    }),
  },
  weight: 'batchNormWeight',
  metrics: lossMetric({
    title: 'BN statistics',
    unit: '',
    formerly: ['batchNormLoss'],
    definition:
      '‖μ_batch − μ‖ + ‖σ²_batch − σ²‖ of the synthetic images inside the teacher, against its running statistics: mean over its layers in ZSKT, sum in the inversion family.',
  }),
  needsBatchNorm: true,
  readsStatistics: true,
  value: ({ statistics, layers }) => batchNormStatisticsLoss(statistics, layers),
})
