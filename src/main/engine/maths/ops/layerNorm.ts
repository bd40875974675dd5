import * as tf from '@tensorflow/tfjs-core'
import { keepSumGradientOnDevice, meanKept } from './reductions'

/**
 * Each vector by its own mean and biased variance: y = (x − μ) / √(σ² + ε) · scale + offset (torch.nn.LayerNorm).
 * x [N, D], scale and offset [D] → [N, D]. Differentiable to any order.
 */
export function layerNorm(
  x: tf.Tensor2D,
  { scale, offset }: { readonly scale: tf.Tensor1D; readonly offset: tf.Tensor1D },
  epsilon: number,
): tf.Tensor2D {
  keepSumGradientOnDevice()
  return tf.tidy(() => {
    const centered = tf.sub(x, meanKept(x, [1]))
    const variance = meanKept(tf.mul(centered, centered), [1])
    return tf.add(tf.mul(tf.mul(centered, tf.rsqrt(tf.add(variance, epsilon))), scale), offset)
  })
}
