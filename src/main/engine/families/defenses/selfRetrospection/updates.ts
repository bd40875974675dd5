/** The updates by which the student unlearns a perturbation. */
import * as tf from '@tensorflow/tfjs-core'
import { ExhaustiveError } from '../../../../../shared/errors'
import type { StepFunction } from '../../../graph/types'
import type { Classifier } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { StudentTrainer } from '../../distillation/types'
import type { Optimizer } from '../../optimizers/types'
import { updateStep } from '../../optimizers/update'
import type { SelfRetrospectionParameters } from './parameters'
import { selfRetrospectionStep } from './step'

export interface UnlearningParts {
  readonly values: SelfRetrospectionParameters
  readonly student: Classifier
  readonly optimizer: Optimizer
  /** The method's own. */
  readonly loss: StudentTrainer['loss']
  readonly perturbation: tf.Variable<tf.Rank.R4>
}

/** The student learns x̃ = x + mask · p with the teacher's answer to x; outputs: loss, gradientNorm. */
function consistencyStep({ values, student, optimizer, loss: lossOf, perturbation }: UnlearningParts): StepFunction {
  const update = { parameters: student.parameters, optimizer, gradientClip: values.gradientClip }
  return (args) =>
    tf.tidy(() => {
      const { loss, gradientNorm } = updateStep(update, args.learningRate as tf.Scalar, (updates) => {
        const images = tf.add(args.images as tf.Tensor4D, tf.mul(perturbation, args.mask as tf.Tensor4D)) as tf.Tensor4D
        const distillation = lossOf(student.forward(images, { training: true, updates }), args)
        return { loss: tf.mul(distillation.loss, values.distillationWeight) as tf.Scalar, outputs: {} }
      })
      return { outerLoss: loss, gradientNorm, perturbationNorm: tf.norm(perturbation) } as NamedTensors
    })
}

function hypergradientStep({ values, student, optimizer, loss: lossOf, perturbation }: UnlearningParts): StepFunction {
  const options = {
    reduction: values.reduction,
    temperature: values.temperature,
    squaredTemperature: values.squaredTemperature,
    penalty: values.perturbationPenalty,
    iterations: values.iterations,
    step: values.fixedPointStep,
    constantTarget: values.constantTarget,
  }
  return (args) =>
    tf.tidy(() => {
      const outputs = selfRetrospectionStep(
        {
          student,
          optimizer,
          options,
          distillationLoss: (output) => tf.mul(lossOf(output, args).loss, values.distillationWeight) as tf.Scalar,
        },
        { ...args, perturbation: perturbation as tf.Tensor },
      )
      return { ...outputs, perturbationNorm: tf.norm(perturbation) }
    })
}

/** One update of the student against the perturbation, as the parameters say. */
export function unlearningStep(parts: UnlearningParts): StepFunction {
  const { update } = parts.values
  switch (update) {
    case 'hypergradient':
      return hypergradientStep(parts)
    case 'consistency':
      return consistencyStep(parts)
    default:
      throw new ExhaustiveError(update)
  }
}
