/** All parameters as one vector: a few large kernels instead of hundreds of small ones per step. */
import * as tf from '@tensorflow/tfjs-core'
import type { Parameter } from './types'
import { sum } from '../ops'

/** Gradients in the order of the parameters, or already as one vector (flattenGradients). */
export type Gradients = readonly tf.Tensor[] | tf.Tensor1D

/** One vector of all gradients, in order. */
export function flattenGradients(gradients: Gradients): tf.Tensor1D {
  if (gradients instanceof tf.Tensor) return gradients
  return tf.tidy(() => tf.concat(gradients.map((gradient) => tf.reshape(gradient, [-1])))) as tf.Tensor1D
}

/** Number of scalars in all parameters. */
export const parameterCount = (parameters: readonly Parameter[]): number =>
  parameters.reduce((total, { variable }) => total + variable.size, 0)

/** The parameters' values as one vector. */
export const flatParameters = (parameters: readonly Parameter[]): tf.Tensor1D =>
  flattenGradients(parameters.map(({ variable }) => variable))

/** parameter ← parameter − its part of `step`. */
export function subtractFlat(parameters: readonly Parameter[], step: tf.Tensor1D): void {
  tf.tidy(() => {
    const parts = tf.split(
      step,
      parameters.map(({ variable }) => variable.size),
    )
    parameters.forEach(({ variable }, index) => {
      variable.assign(tf.sub(variable, tf.reshape(parts[index] as tf.Tensor, variable.shape)))
    })
  })
}

/**
 * Scales the gradients so that their common L2 norm is at most `limit`: g · min(1, limit / (‖g‖ + 1e-6)), as torch's
 * clip_grad_norm_.
 * Returns them as one vector, with the norm before clipping.
 */
export function clipByGlobalNorm(gradients: Gradients, limit: number): { gradients: tf.Tensor1D; norm: tf.Scalar } {
  const [clipped, norm] = tf.tidy(() => {
    const flat = flattenGradients(gradients)
    const length = globalNorm(flat)
    return [tf.mul(flat, tf.minimum(1, tf.div(limit, tf.add(length, 1e-6)))), length]
  })
  return { gradients: clipped as tf.Tensor1D, norm: norm as tf.Scalar }
}

/** L2 norm over all gradients. */
export const globalNorm = (gradients: Gradients): tf.Scalar =>
  tf.tidy(() => tf.sqrt(sum<tf.Scalar>(tf.square(flattenGradients(gradients)))))
