/** The loss terms of inversion. A new term is its formula under losses/ and one entry here, with a weight among the parameters. */
import type * as tf from '@tensorflow/tfjs-core'
import { ExhaustiveError, UserError } from '../../../../shared/errors'
import { activationLoss } from '../../losses/activation'
import { crossEntropy } from '../../losses/crossEntropy'
import { agreedDivergence, jensenShannon, logitDistance, wholeDivergence } from '../../losses/disagreement'
import { imageNorm, totalVariation } from '../../losses/imagePrior'
import { batchNormStatisticsLoss, classBalanceLoss, oneHotLoss } from '../../losses/synthesis'
import type { BatchStatistics, ClassifierOutput } from '../../nn/types'
import type { StepMetrics } from '../types'
import type { InversionParameters } from './parameters'

/** Everything a term may look at; tensors of the step. */
export interface InversionInput {
  /** Before views and normalisation. */
  readonly images: tf.Tensor4D
  /** The teacher's answer to the global view, evaluation mode. */
  readonly teacher: ClassifierOutput
  /** Of the same pass, one per batch-norm layer. */
  readonly statistics: readonly BatchStatistics[]
  /** The student's answer to the global view, evaluation mode; only where a term asks for it. */
  readonly student: () => tf.Tensor2D
  /** The classes that were drawn for the images, where they were. */
  readonly classes?: tf.Tensor1D
  /** The contrastive loss of global and local view. */
  readonly contrast: () => tf.Scalar
}

export interface InversionTerm {
  /** Name among the step's outputs. */
  readonly output: string
  readonly metric: keyof StepMetrics
  weight(values: InversionParameters): number
  value(input: InversionInput, values: InversionParameters): tf.Scalar
}

const jensenShannonTemperature = 3

function disagreement(input: InversionInput, kind: InversionParameters['adversarial']): tf.Scalar {
  const student = input.student()
  const teacher = input.teacher.logits
  switch (kind) {
    case 'agreed': return agreedDivergence(student, teacher)
    case 'kl': return wholeDivergence(student, teacher)
    case 'jensenShannon': return jensenShannon(student, teacher, jensenShannonTemperature)
    case 'logits': return logitDistance(student, teacher)
    default: throw new ExhaustiveError(kind)
  }
}

function featuresOf({ teacher }: InversionInput): tf.Tensor2D {
  if (teacher.features) return teacher.features
  throw new UserError('This teacher does not show its features, which the activation term needs.', {
    wanted: 'a teacher that gives the input of its last layer', got: 'an architecture without it', where: 'distillation.method.params.activationWeight', action: 'Set the activation weight to 0 or choose another teacher.',
  })
}

export const inversionTerms: readonly InversionTerm[] = [
  { output: 'batchNorm', metric: 'batchNormLoss', weight: (values) => values.batchNormWeight, value: (input) => batchNormStatisticsLoss(input.statistics, 'sum') },
  { output: 'oneHot', metric: 'oneHotLoss', weight: (values) => values.oneHotWeight, value: ({ teacher, classes }) => classes ? crossEntropy(teacher.logits, classes) : oneHotLoss(teacher.logits) },
  { output: 'disagreement', metric: 'disagreement', weight: (values) => -values.adversarialWeight, value: (input, values) => disagreement(input, values.adversarial) },
  { output: 'balance', metric: 'balanceLoss', weight: (values) => values.balanceWeight, value: ({ teacher }) => classBalanceLoss(teacher.logits) },
  { output: 'activation', metric: 'activationLoss', weight: (values) => values.activationWeight, value: (input) => activationLoss(featuresOf(input)) },
  { output: 'variation', metric: 'variationLoss', weight: (values) => values.variationWeight, value: ({ images }) => totalVariation(images) },
  { output: 'norm', metric: 'imageNorm', weight: (values) => values.normWeight, value: ({ images }) => imageNorm(images) },
  { output: 'contrastive', metric: 'contrastiveLoss', weight: (values) => values.contrastiveWeight, value: ({ contrast }) => contrast() },
]
