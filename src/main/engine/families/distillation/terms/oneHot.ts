import { number } from '../../../../../shared/schema'
import { crossEntropy } from '../../../maths/losses/crossEntropy'
import { oneHotLoss } from '../../../maths/losses/synthesis'
import { defineTerm, lossMetric } from './term'

export const oneHot = defineTerm({
  id: 'oneHot',
  title: 'One-hot',
  summary: 'Images of which the teacher is sure.',
  reference: { citation: 'Chen et al. 2019 (DAFL)', link: 'https://arxiv.org/abs/1904.01186' },
  params: {
    oneHotWeight: number({
      label: 'One-hot weight',
      default: 1,
      min: 0,
      max: 1e4,
      help: 'Cross entropy of the teacher against a drawn class, or against its own arg max where one generator is kept.',
    }),
  },
  weight: 'oneHotWeight',
  metrics: lossMetric({
    title: 'One-hot',
    unit: 'nats',
    formerly: ['oneHotLoss'],
    definition:
      'Cross entropy of the teacher’s prediction against the class that an image shall show: the one drawn for it (CMI, DeepInversion, class-conditional codes), else the teacher’s own arg max.',
  }),
  value: ({ teacher, classes }) => (classes ? crossEntropy(teacher.logits, classes) : oneHotLoss(teacher.logits)),
})
