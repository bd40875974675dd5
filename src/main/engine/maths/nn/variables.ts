import * as tf from '@tensorflow/tfjs-core'

/** Sets a variable from numbers in memory order. */
export function assignValues(variable: tf.Variable, values: Float32Array): void {
  const tensor = tf.tensor(values, variable.shape, 'float32')
  variable.assign(tensor)
  tensor.dispose()
}
