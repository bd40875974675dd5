import type * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../maths/ops/tensors'
import type { Classifier } from '../maths/nn/types'
import type { Optimizer } from '../families/optimizers/types'
import { updateStep } from '../families/optimizers/update'
import { accuracy, crossEntropy } from '../maths/losses/crossEntropy'

/**
 * One update of a classifier on labelled images.
 * @param args images [N, H, W, C], labels int32 [N], learningRate scalar; optionally dropoutSeed int32 [2], without
 *   which no layer drops anything
 * @returns loss and accuracy of the batch before the update
 */
export function teacherStep(teacher: Classifier, optimizer: Optimizer, args: NamedTensors): NamedTensors {
  const labels = args.labels as tf.Tensor1D
  const dropout = args.dropoutSeed ? { dropoutSeed: args.dropoutSeed as tf.Tensor1D } : {}
  return updateStep({ parameters: teacher.parameters, optimizer }, args.learningRate as tf.Scalar, (updates) => {
    const { logits } = teacher.forward(args.images as tf.Tensor4D, { training: true, updates, ...dropout })
    return { loss: crossEntropy(logits, labels), outputs: { accuracy: accuracy(logits, labels) } }
  })
}
