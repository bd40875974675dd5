import * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, floatType, single } from './kernels'
import { sumKept } from './reductions'

// Both save their input, not their output: tfjs loses second derivatives through saved outputs.

const softmaxOperation = defineOperation<'x', object>({
  name: 'AbdSoftmax',
  saveInputs: ['x'],
  run: ({ x }) => execute('Softmax', [floatType()], [x]),
  gradient: ([dy], [x]) => ({
    x: () => {
      const probabilities = softmax(x as tf.Tensor2D)
      const weighted = tf.mul(dy as tf.Tensor, probabilities)
      return tf.sub(weighted, tf.mul(sumKept(weighted, [1]), probabilities))
    },
  }),
})
const logSoftmaxOperation = defineOperation<'x', object>({
  name: 'AbdLogSoftmax',
  saveInputs: ['x'],
  run: ({ x }) => execute('LogSoftmax', [floatType()], [x]),
  gradient: ([dy], [x]) => ({
    x: () => tf.sub(dy as tf.Tensor, tf.mul(sumKept(dy as tf.Tensor, [1]), softmax(x as tf.Tensor2D))),
  }),
})

/** Softmax over the classes of [N, classes]. Differentiable to any order. */
export const softmax = (logits: tf.Tensor2D): tf.Tensor2D => single<tf.Tensor2D>(softmaxOperation({ x: logits }, {}))

/** Logarithm of the softmax over the classes of [N, classes], without overflow. Differentiable to any order. */
export const logSoftmax = (logits: tf.Tensor2D): tf.Tensor2D =>
  single<tf.Tensor2D>(logSoftmaxOperation({ x: logits }, {}))
