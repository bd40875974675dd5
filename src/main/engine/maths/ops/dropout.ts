import * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, floatType, indexType, withIntegers } from './kernels'

const dropoutOperation = defineOperation<'x' | 'seed', { rate: number; layer: number }>({
  name: 'AbdDropout',
  saveOutputs: [false, true],
  run: ({ x, seed }, { rate, layer }) =>
    tf.tidy(() => {
      const own = tf.add(seed, tf.tensor1d([layer, 0], 'int32'))
      const draws = withIntegers(x.shape, (shape) =>
        execute('StatelessRandomUniform', [floatType('dtype'), indexType('T'), indexType('Tseed')], [shape, own]),
      )
      const mask = tf.mul(tf.cast(tf.greaterEqual(draws, rate), 'float32'), 1 / (1 - rate))
      return [tf.mul(x, mask), mask]
    }),
  gradient: ([dy], [mask]) => ({
    x: () => tf.mul(dy as tf.Tensor, mask as tf.Tensor),
    seed: () => {
      throw new Error('Nothing can be differentiated by a random seed.')
    },
  }),
})

/**
 * Sets a share `rate` of the values to 0 and scales the others by 1/(1 − rate) (torch.nn.Dropout in training).
 * Which ones depends on `seed` (int32 [2], an argument of the step) and `layer` alone, so a resumed run draws the same.
 */
export function dropout<T extends tf.Tensor>(x: T, rate: number, seed: tf.Tensor1D, layer: number): T {
  const [kept, mask] = dropoutOperation({ x, seed }, { rate, layer })
  mask?.dispose()
  return kept as T
}
