/** Small pieces that many steps are made of. */
import * as tf from '@tensorflow/tfjs-core'

export const transpose = (x: tf.Tensor, permutation: readonly number[]): tf.Tensor => tf.transpose(x, [...permutation])

export const reshape = (x: tf.Tensor, extents: readonly number[]): tf.Tensor => tf.reshape(x, [...extents])

/** The only input of a step. */
export function first(inputs: readonly tf.Tensor[]): tf.Tensor {
  const [input] = inputs
  if (!input) throw new Error('A step has no input.')
  return input
}

/** The two inputs of a step. */
export function both(inputs: readonly tf.Tensor[]): readonly [tf.Tensor, tf.Tensor] {
  const [left, right] = inputs
  if (!left || !right) throw new Error('A step lacks an input.')
  return [left, right]
}
