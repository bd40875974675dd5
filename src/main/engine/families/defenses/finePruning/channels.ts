/** The student's last channels: what its last linear layer reads. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../../shared/errors'
import type { Classifier, Parameter } from '../../../maths/nn/types'
import { mean } from '../../../maths/ops'

/**
 * The weights that give the logits, [C, classes] in memory.
 * @throws RefusedInputError where no linear layer does
 */
export function lastLinear({ parameters, classes }: Pick<Classifier, 'parameters' | 'classes'>): Parameter {
  const head = parameters.findLast(({ layout, variable }) => layout === 'linear' && variable.shape[1] === classes)
  if (head) return head
  throw new RefusedInputError('The student’s last channels cannot be cut off.', {
    wanted: 'a network that ends in a linear layer',
    got: 'one without',
    where: 'distillation.architecture',
    action: 'Choose another student network, or leave fine-pruning out.',
  })
}

/** mean over images of |a_c|, a what the last linear layer reads: [C]. Inside a step. */
export function channelActivity(student: Classifier, images: tf.Tensor4D): tf.Tensor1D {
  const { features } = student.forward(images, { training: false })
  if (!features) throw new Error('The student does not show what its last linear layer reads.')
  return mean<tf.Tensor1D>(tf.abs(features), [0])
}

/** 0 for the `count` channels of least activity, of equal ones the first, 1 for the others. */
export function keptChannels(activity: readonly number[], count: number): Float32Array {
  const kept = new Float32Array(activity.length).fill(1)
  const order = activity.map((value, channel) => ({ value, channel })).sort((a, b) => a.value - b.value)
  for (const { channel } of order.slice(0, count)) kept[channel] = 0
  return kept
}
