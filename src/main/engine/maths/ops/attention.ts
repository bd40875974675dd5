import * as tf from '@tensorflow/tfjs-core'
import { softmax } from './softmax'

/** Images, tokens of each, and heads: what [N·T, D] stands for. */
export interface AttentionShape {
  readonly images: number
  readonly tokens: number
  readonly heads: number
}

/**
 * Multi-head self-attention: softmax(q kᵀ / √d) v for each image and head, d = D / heads.
 * `joined` [N·T, 3·D] holds queries, keys and values side by side, as one linear layer gives them → [N·T, D], the
 * heads side by side. Differentiable to any order.
 * Reference: Vaswani et al. 2017, arXiv:1706.03762, equation 1; torch.nn.functional.scaled_dot_product_attention.
 */
export function selfAttention(joined: tf.Tensor2D, { images, tokens, heads }: AttentionShape): tf.Tensor2D {
  const width = (joined.shape[1] ?? 0) / 3
  const depth = width / heads
  return tf.tidy(() => {
    const [queries, keys, values] = tf
      .split(joined, 3, 1)
      .map((part) => tf.transpose(tf.reshape(part, [images, tokens, heads, depth]), [0, 2, 1, 3])) as [
      tf.Tensor4D,
      tf.Tensor4D,
      tf.Tensor4D,
    ]
    const scores = tf.matMul(tf.mul(queries, depth ** -0.5), keys, false, true)
    const weights = softmax(tf.reshape(scores, [images * heads * tokens, tokens]) as tf.Tensor2D)
    const seen = tf.matMul(tf.reshape(weights, [images, heads, tokens, tokens]), values)
    return tf.reshape(tf.transpose(seen, [0, 2, 1, 3]), [images * tokens, width]) as tf.Tensor2D
  })
}
