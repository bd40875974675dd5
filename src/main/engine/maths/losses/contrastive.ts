/** Contrastive model inversion: an image should look like itself in two views, and unlike every other image so far. */
import * as tf from '@tensorflow/tfjs-core'
import { detach, sum, sumKept } from '../ops'

/** Added to the similarity with rows of the memory that hold nothing yet. */
const absent = -1e9

export interface ContrastiveInput {
  /** Unit vectors of the local views, [N + K, d]: the current images first, then what the memory holds. */
  readonly local: tf.Tensor2D
  /** The same of the global views; no gradient flows through them. */
  readonly global: tf.Tensor2D
  /** 1 where a row is there, 0 where the memory is still empty: [N + K]. The current rows are always there. */
  readonly present: tf.Tensor1D
  /** N. */
  readonly current: number
  readonly temperature: number
}

/**
 * l_i = −log( exp(u_i·v_i / T) / Σ_j exp(u_i·v_j / T) ), u local, v global; the mean over the current images plus the
 * mean over the remembered ones,
 * so that a large memory does not thin out the generator's gradient.
 * Reference: Fang et al. 2021, arXiv:2105.08584, equation 6; ABD cmi/datafree/synthesis/contrastive.py
 * CMISynthesizer.synthesize.
 * Differs from the reference: an empty memory adds nothing, where its mean over no rows would be NaN.
 */
export function contrastiveLoss({ local, global, present, current, temperature }: ContrastiveInput): tf.Scalar {
  return tf.tidy(() => {
    const target = detach(global)
    const rows = local.shape[0]
    const similarity = tf.add(
      tf.mul(tf.matMul(local, target, false, true), 1 / temperature),
      tf.reshape(tf.mul(tf.sub(1, present), absent), [1, rows]),
    )
    // The largest one is a constant: it only keeps the exponentials finite.
    const largest = tf.max(detach(similarity), 1, true)
    const spread = tf.add(tf.log(sumKept(tf.exp(tf.sub(similarity, largest)), [1])), largest)
    const own = tf.mul(sumKept(tf.mul(local, target), [1]), 1 / temperature)
    const losses = tf.mul(tf.reshape(tf.sub(spread, own), [rows]), present) as tf.Tensor1D
    const [now, before] = tf.split(losses, [current, rows - current]) as [tf.Tensor1D, tf.Tensor1D]
    const [, remembered] = tf.split(present, [current, rows - current]) as [tf.Tensor1D, tf.Tensor1D]
    const average = tf.mul(sum<tf.Scalar>(now), 1 / current)
    return tf.add(average, tf.div(sum<tf.Scalar>(before), tf.maximum(sum<tf.Scalar>(remembered), 1)))
  })
}

/** Square of the smallest length that is divided by (F.normalize: 1e-12). */
const smallestSquare = 1e-24

/** Each row with length 1. [N, d] */
export const unitRows = (rows: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => tf.mul(rows, tf.rsqrt(tf.maximum(sumKept(tf.mul(rows, rows), [1]), smallestSquare))) as tf.Tensor2D)
