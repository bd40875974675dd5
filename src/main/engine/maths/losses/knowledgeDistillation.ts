import * as tf from '@tensorflow/tfjs-core'
import { crossEntropy } from './crossEntropy'
import { klDivergence } from './divergence'

export interface KnowledgeDistillationOptions {
  /** Weight α of the teacher; 1 − α is the labels'. Default 0.95. */
  readonly alpha?: number
  /** Default 6. */
  readonly temperature?: number
}

/**
 * Distillation with data: α T² · KL(teacher/T ‖ student/T) + (1 − α) · CE(student, labels), KL divided by images and
 * classes.
 * Reference: Hinton et al. 2015, arXiv:1503.02531; ABD zskt/kd_distill.py KDLoss (whose KL is smaller than Hinton's by
 * the number of classes).
 */
export function knowledgeDistillationLoss(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  labels: tf.Tensor1D,
  options: KnowledgeDistillationOptions = {},
): tf.Scalar {
  const { alpha = 0.95, temperature = 6 } = options
  return tf.tidy(() =>
    tf.add(
      tf.mul(
        klDivergence(studentLogits, teacherLogits, { temperature, reduction: 'mean' }),
        alpha * temperature * temperature,
      ),
      tf.mul(crossEntropy(studentLogits, labels), 1 - alpha),
    ),
  )
}
