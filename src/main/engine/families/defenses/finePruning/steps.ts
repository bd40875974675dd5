/** What fine-pruning computes in one step. */
import * as tf from '@tensorflow/tfjs-core'
import { accuracy } from '../../../maths/losses/crossEntropy'
import { klDivergence } from '../../../maths/losses/divergence'
import type { Classifier, Parameter } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { Optimizer } from '../../optimizers'
import { updateStep } from '../../optimizers/update'

export interface PrunedStudent {
  readonly student: Classifier
  /** Its last linear layer's weights, [C, classes]. */
  readonly head: Parameter
}

/** The last linear layer reads nothing any more from channels where `kept`, [C], is 0. */
export const cutOff = ({ head: { variable } }: Pick<PrunedStudent, 'head'>, kept: tf.Tensor1D): void =>
  tf.tidy(() => {
    variable.assign(tf.mul(variable, tf.expandDims(kept, 1)))
  })

/**
 * One update by T² · KL(T(x)/T ‖ S(x)/T) per image, S in training mode, after which the channels that are cut off are
 * cut off again.
 * @param args images [N, H, W, C], teacherLogits [N, classes], kept [C], learningRate scalar
 * @returns loss, before the update
 */
export function fineTuningStep(
  { student, head, optimizer, temperature }: PrunedStudent & { optimizer: Optimizer; temperature: number },
  args: NamedTensors,
): NamedTensors {
  const outputs = updateStep(
    { parameters: student.parameters, optimizer },
    args.learningRate as tf.Tensor,
    (updates) => {
      const { logits } = student.forward(args.images as tf.Tensor4D, { training: true, updates })
      return {
        loss: klDivergence(logits, args.teacherLogits as tf.Tensor2D, {
          temperature,
          squaredTemperature: true,
          reduction: 'batchMean',
        }),
        outputs: {},
      }
    },
  )
  cutOff({ head }, args.kept as tf.Tensor1D)
  return outputs
}

/** Share of the images that student and teacher give the same class. @param args images, teacherLogits */
export const agreementOf = ({ student }: Pick<PrunedStudent, 'student'>, args: NamedTensors): tf.Scalar =>
  tf.tidy(() => {
    const { logits } = student.forward(args.images as tf.Tensor4D, { training: false })
    return accuracy(logits, tf.argMax(args.teacherLogits as tf.Tensor2D, 1))
  })
