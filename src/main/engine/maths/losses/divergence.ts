import * as tf from '@tensorflow/tfjs-core'
import { logSoftmax, softmax, sum } from '../ops'

/**
 * 'mean' divides by images and classes (what PyTorch's kl_div calls 'mean', as the ABD solver has it), 'batchMean' by
 * images alone.
 */
export type DivergenceReduction = 'mean' | 'batchMean'

export interface DivergenceOptions {
  /** Both logits are divided by it. Default 1. */
  readonly temperature?: number
  /** Whether the divergence is multiplied by T², which keeps its gradient's size. Default false, as in ZSKT. */
  readonly squaredTemperature?: boolean
  /** Default 'mean'. */
  readonly reduction?: DivergenceReduction
}

const scaled = (logits: tf.Tensor2D, temperature: number): tf.Tensor2D =>
  temperature === 1 ? logits : tf.mul(logits, 1 / temperature)

/** KL(softmax(target/T) ‖ softmax(logits/T)) per image and class, before summing: p · (log p − log q), [N, classes]. */
export function elementwiseKl(logits: tf.Tensor2D, targetLogits: tf.Tensor2D, temperature = 1): tf.Tensor2D {
  return tf.tidy(() => {
    const target = scaled(targetLogits, temperature)
    return tf.mul(softmax(target), tf.sub(logSoftmax(target), logSoftmax(scaled(logits, temperature)))) as tf.Tensor2D
  })
}

/**
 * Forward KL divergence of the student's prediction from the teacher's: Σ p_T (log p_T − log p_S), reduced. [N,
 * classes] each → scalar.
 * Gradients flow into both; detach the teacher's logits where they are targets.
 * Reference: ABD zskt/solver.py divergence (reduction 'mean', no T²); CMI's KLDiv is 'batchMean' with T².
 */
export function klDivergence(
  studentLogits: tf.Tensor2D,
  teacherLogits: tf.Tensor2D,
  options: DivergenceOptions = {},
): tf.Scalar {
  const { temperature = 1, reduction = 'mean', squaredTemperature = false } = options
  const factor = squaredTemperature ? temperature * temperature : 1
  const [images, classes] = studentLogits.shape
  return tf.tidy(() =>
    tf.mul(
      sum<tf.Scalar>(elementwiseKl(studentLogits, teacherLogits, temperature)),
      factor / (reduction === 'mean' ? images * classes : images),
    ),
  )
}

/** Mean over classes of KL(teacher ‖ student) of each image: [N]. */
export function klPerImage(studentLogits: tf.Tensor2D, teacherLogits: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() =>
    tf.mul(sum<tf.Tensor1D>(elementwiseKl(studentLogits, teacherLogits), [1]), 1 / studentLogits.shape[1]),
  )
}
