/** Terms that shape synthetic images by what the teacher says of them. */
import * as tf from '@tensorflow/tfjs-core'
import { UserError } from '../../../../shared/errors'
import type { BatchStatistics } from '../nn/types'
import { mean, softmax, sum } from '../ops'
import { crossEntropy } from './crossEntropy'

const tiny = 1e-8

const distance = (a: tf.Tensor1D, b: tf.Tensor1D): tf.Scalar => {
  const difference = tf.sub(a, b)
  // The floor keeps the root's slope finite where both agree.
  return tf.sqrt(tf.maximum(sum<tf.Scalar>(tf.mul(difference, difference)), tiny * tiny)) as tf.Scalar
}

/**
 * How far the batch statistics at the teacher's batch-norm layers are from the running ones: ‖μ_batch − μ‖₂ + ‖σ²_batch
 * − σ²‖₂ (biased variance),
 * summed over layers ('sum', the reference) or averaged ('mean').
 * Reference: Yin et al. 2020 (DeepInversion), arXiv:1912.08795, equation 4; ABD cmi/datafree/hooks.py
 * DeepInversionHook.
 */
export function batchNormStatisticsLoss(
  statistics: readonly BatchStatistics[],
  reduction: 'sum' | 'mean' = 'sum',
): tf.Scalar {
  if (statistics.length === 0) {
    throw new UserError('The teacher has no batch-norm layers to compare statistics with.', {
      wanted: 'a teacher with batch-norm layers',
      got: 'one without',
      where: 'distillation.method.params.batchNormWeight',
      action: 'Set the weight of the BN statistics to 0 or choose another teacher.',
    })
  }
  return tf.tidy(() => {
    const total = tf.addN(
      statistics.map((layer) =>
        tf.add(distance(layer.mean, layer.runningMean), distance(layer.variance, layer.runningVariance)),
      ),
    )
    return tf.mul(total, reduction === 'mean' ? 1 / statistics.length : 1) as tf.Scalar
  })
}

/**
 * Cross entropy of the teacher's prediction against its own arg max: small for confident images. Reference: Chen et al.
 * 2019 (DAFL), arXiv:1904.01186.
 */
export const oneHotLoss = (teacherLogits: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => crossEntropy(teacherLogits, tf.argMax(teacherLogits, 1) as tf.Tensor1D))

/**
 * Σ_c p̄_c log p̄_c with p̄ the mean prediction of the batch: −log(classes) when all classes are seen equally, 0 for
 * one class.
 * Reference: DAFL's information entropy loss; ABD cmi/datafree/criterions.py class_balance_loss. Differs from it by
 * 1e-8 inside the logarithm.
 */
export function classBalanceLoss(teacherLogits: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const average = mean<tf.Tensor1D>(softmax(teacherLogits), [0])
    return sum<tf.Scalar>(tf.mul(average, tf.log(tf.add(average, tiny))))
  })
}
