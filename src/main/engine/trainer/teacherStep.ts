import * as tf from '@tensorflow/tfjs-core'
import type { NamedTensors } from '../maths/ops/tensors'
import { applyUpdates, differentiate } from '../maths/nn/differentiate'
import type { Classifier } from '../maths/nn/types'
import type { Optimizer } from '../families/optimizers/types'
import { accuracy, crossEntropy } from '../maths/losses/crossEntropy'

/**
 * One update of a classifier on labelled images.
 * @param args images [N, H, W, C], labels int32 [N], learningRate scalar; optionally dropoutSeed int32 [2], without
 *   which no layer drops anything
 * @returns loss and accuracy of the batch before the update
 */
export function teacherStep(teacher: Classifier, optimizer: Optimizer, args: NamedTensors): NamedTensors {
  return tf.tidy(() => {
    const labels = args.labels as tf.Tensor1D
    const dropout = args.dropoutSeed ? { dropoutSeed: args.dropoutSeed as tf.Tensor1D } : {}
    const result = differentiate(teacher.parameters, (updates) => {
      const { logits } = teacher.forward(args.images as tf.Tensor4D, { training: true, updates, ...dropout })
      return { loss: crossEntropy(logits, labels), outputs: { accuracy: accuracy(logits, labels) } }
    })
    optimizer.apply(result.gradients, args.learningRate as tf.Scalar)
    applyUpdates(result.updates)
    return { loss: result.loss, accuracy: result.outputs.accuracy }
  })
}
