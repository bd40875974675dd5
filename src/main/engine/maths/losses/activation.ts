import * as tf from '@tensorflow/tfjs-core'
import { mean } from '../ops'

/**
 * −mean |f| of the teacher's features before its last layer, [N, d]: real images excite more of them than noise.
 * Reference: Chen et al. 2019 (DAFL), arXiv:1904.01186, equation 5.
 */
export const activationLoss = (features: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => tf.neg(mean<tf.Scalar>(tf.abs(features))))
