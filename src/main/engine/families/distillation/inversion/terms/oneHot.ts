import { number } from '../../../../../../shared/schema'
import { crossEntropy } from '../../../../maths/losses/crossEntropy'
import { oneHotLoss } from '../../../../maths/losses/synthesis'
import { defineTerm } from './term'

export const oneHot = defineTerm({
  id: 'oneHot',
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
  metric: 'oneHotLoss',
  value: ({ teacher, classes }) => (classes ? crossEntropy(teacher.logits, classes) : oneHotLoss(teacher.logits)),
})
