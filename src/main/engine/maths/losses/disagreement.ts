/** Adversarial terms of inversion: how far student and teacher disagree. The synthesis maximises them. */
import * as tf from '@tensorflow/tfjs-core'
import { detach, logSoftmax, mean, softmax, sum } from '../ops'
import { elementwiseKl } from './divergence'

/**
 * Decision adversarial distillation: mean over all images of m_i · KL(T ‖ S)_i with m_i = [argmax S = argmax T]; images
 * on which the decisions already differ are left alone.
 * Reference: Fang et al. 2021, arXiv:2105.08584; ABD cmi/datafree/synthesis/contrastive.py (loss_adv, without its
 * sign).
 */
export function agreedDivergence(studentLogits: tf.Tensor2D, teacherLogits: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const agreed = tf.cast(
      tf.equal(tf.argMax(detach(studentLogits), 1), tf.argMax(detach(teacherLogits), 1)),
      'float32',
    )
    return mean<tf.Scalar>(tf.mul(sum(elementwiseKl(studentLogits, teacherLogits), [1]), agreed))
  })
}

/** Mean over classes of |S − T| of each image's logits: [N]. Reference: Fang et al. 2019 (DFAD), arXiv:1912.11006. */
export const logitDistances = (studentLogits: tf.Tensor2D, teacherLogits: tf.Tensor2D): tf.Tensor1D =>
  tf.tidy(() => mean<tf.Tensor1D>(tf.abs(tf.sub(studentLogits, teacherLogits)), [1]))

/** Their mean over images. */
export const logitDistance = (studentLogits: tf.Tensor2D, teacherLogits: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() => mean<tf.Scalar>(logitDistances(studentLogits, teacherLogits)))

const lowest = 0.01
const highest = 0.99

/** Between 0.01 and 0.99, with no slope outside, as torch.clamp has it. */
const held = (x: tf.Tensor): tf.Tensor => {
  const inside = tf.cast(tf.logicalAnd(tf.greaterEqual(detach(x), lowest), tf.lessEqual(detach(x), highest)), 'float32')
  const limit = tf.minimum(tf.maximum(detach(x), lowest), highest)
  return tf.add(tf.mul(x, inside), tf.mul(limit, tf.sub(1, inside)))
}

/**
 * Jensen–Shannon divergence with probabilities held between 0.01 and 0.99: ½ Σ M (log M − log P) + ½ Σ M (log M − log
 * Q), M = (P + Q) / 2, per image.
 * Reference: Yin et al. 2020 (DeepInversion), arXiv:1912.08795; zju-vipa/CMI datafree/criterions.py jsdiv (T = 3).
 */
export function jensenShannon(studentLogits: tf.Tensor2D, teacherLogits: tf.Tensor2D, temperature: number): tf.Scalar {
  return tf.tidy(() => {
    const p = softmax(tf.mul(studentLogits, 1 / temperature))
    const q = softmax(tf.mul(teacherLogits, 1 / temperature))
    const middle = held(tf.mul(tf.add(p, q), 0.5))
    const from = (x: tf.Tensor): tf.Tensor => tf.mul(middle, tf.sub(tf.log(middle), tf.log(held(x))))
    return tf.mul(sum<tf.Scalar>(tf.add(from(p), from(q))), 0.5 / studentLogits.shape[0])
  })
}

/** Σ over classes, mean over images, of KL(teacher ‖ student). Reference: Choi et al. 2020 (DFQ), arXiv:2005.04136. */
export const wholeDivergence = (studentLogits: tf.Tensor2D, teacherLogits: tf.Tensor2D): tf.Scalar =>
  tf.tidy(() =>
    tf.mul(
      sum<tf.Scalar>(tf.mul(softmax(teacherLogits), tf.sub(logSoftmax(teacherLogits), logSoftmax(studentLogits)))),
      1 / studentLogits.shape[0],
    ),
  )
