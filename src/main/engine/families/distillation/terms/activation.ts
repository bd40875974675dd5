import type * as tf from '@tensorflow/tfjs-core'
import { UserError } from '../../../../../shared/errors'
import { number } from '../../../../../shared/schema'
import { activationLoss } from '../../../maths/losses/activation'
import { defineTerm, lossMetric, type TermInput } from './term'

function featuresOf({ teacher }: TermInput): tf.Tensor2D {
  if (teacher.features) return teacher.features
  throw new UserError('This teacher does not show its features, which the activation term needs.', {
    wanted: 'a teacher that gives the input of its last layer',
    got: 'an architecture without it',
    where: 'distillation.method.params.activationWeight',
    action: 'Set the activation weight to 0 or choose another teacher.',
  })
}

export const activation = defineTerm({
  id: 'activation',
  title: 'Activation',
  summary: 'Features of the teacher that are rich.',
  reference: { citation: 'Chen et al. 2019 (DAFL)', link: 'https://arxiv.org/abs/1904.01186' },
  params: {
    activationWeight: number({
      label: 'Activation weight',
      default: 0,
      min: 0,
      max: 1e4,
      help: '−mean |f| of the teacher’s features before its last layer (DAFL).',
    }),
  },
  weight: 'activationWeight',
  metrics: lossMetric({
    title: 'Activation',

    unit: '',
    definition: '−mean |f| of the teacher’s features before its last layer.',
    formerly: ['loss.activation'],
  }),
  value: (input) => activationLoss(featuresOf(input)),
})
