import * as tf from '@tensorflow/tfjs-core'
import { logSoftmax, mean, sum } from '../ops'

/** Mean over images of −log softmax(logits)[label]. logits [N, classes], labels int32 [N]. */
export function crossEntropy(logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar {
  return tf.tidy(() =>
    tf.neg(mean<tf.Scalar>(sum(tf.mul(logSoftmax(logits), tf.oneHot(labels, logits.shape[1])), [1]))),
  )
}

/** Share of images whose largest logit is the label's. */
export const accuracy = (logits: tf.Tensor2D, labels: tf.Tensor1D): tf.Scalar =>
  tf.tidy(() => mean<tf.Scalar>(tf.cast(tf.equal(tf.argMax(logits, 1), labels), 'float32')))
