import * as tf from '@tensorflow/tfjs-core'
import { mean, sum } from '../ops'

/**
 * Total variation: mean |x_p − x_q| over horizontal, vertical and both diagonal neighbours, summed over the four
 * directions. [N, H, W, C]
 * Reference: Yin et al. 2020 (DeepInversion), arXiv:1912.08795; zju-vipa/CMI datafree/criterions.py
 * get_image_prior_losses.
 */
export function totalVariation(images: tf.Tensor4D): tf.Scalar {
  const [count, height, width, channels] = images.shape
  const cut = (top: number, left: number, rows: number, columns: number): tf.Tensor4D =>
    tf.slice(images, [0, top, left, 0], [count, rows, columns, channels])
  const step = (first: tf.Tensor4D, second: tf.Tensor4D): tf.Scalar => mean<tf.Scalar>(tf.abs(tf.sub(first, second)))
  return tf.tidy(() =>
    tf.addN([
      step(cut(0, 0, height, width - 1), cut(0, 1, height, width - 1)),
      step(cut(0, 0, height - 1, width), cut(1, 0, height - 1, width)),
      step(cut(1, 0, height - 1, width - 1), cut(0, 1, height - 1, width - 1)),
      step(cut(0, 0, height - 1, width - 1), cut(1, 1, height - 1, width - 1)),
    ]),
  )
}

/** L2 norm of the whole batch. Reference: zju-vipa/CMI datafree/synthesis/deepinversion.py (loss_l2). */
export const imageNorm = (images: tf.Tensor4D): tf.Scalar =>
  tf.tidy(() => tf.sqrt(sum<tf.Scalar>(tf.mul(images, images))))
