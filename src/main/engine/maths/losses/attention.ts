import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { channelEnergy, mean, sumKept } from '../ops'

/** Square of the smallest length that is divided by (F.normalize: 1e-12). */
const smallestSquare = 1e-24

/**
 * Attention map of an activation: the mean over channels of its squares, as a vector of length 1 per image. [N, H, W,
 * C] → [N, H·W].
 * Reference: Zagoruyko & Komodakis 2017, arXiv:1612.03928; ABD zskt/solver.py attention.
 */
export function attentionMap(activation: tf.Tensor4D): tf.Tensor2D {
  const [images, height, width] = activation.shape
  return tf.tidy(() => {
    const flat = tf.reshape(channelEnergy(activation), [images, height * width]) as tf.Tensor2D
    return tf.mul(flat, tf.rsqrt(tf.maximum(sumKept(tf.mul(flat, flat), [1]), smallestSquare)))
  })
}

/** Mean over images and positions of (a_S − a_T)², for the attention maps of one level. */
export function attentionDistance(studentMap: tf.Tensor2D, teacherMap: tf.Tensor2D): tf.Scalar {
  return tf.tidy(() => {
    const difference = tf.sub(studentMap, teacherMap)
    return mean<tf.Scalar>(tf.mul(difference, difference))
  })
}

/**
 * Σ over levels of the attention distance; the student's activations against the teacher's maps. @throws
 * RefusedInputError where their levels differ
 */
export function attentionTransfer(
  studentActivations: readonly tf.Tensor4D[],
  teacherMaps: readonly tf.Tensor2D[],
): tf.Scalar {
  const [student, teacher] = [
    studentActivations.map(({ shape }) => (shape[1] ?? 0) * (shape[2] ?? 0)),
    teacherMaps.map(({ shape }) => shape[1] ?? 0),
  ]
  if (student.length === 0 || student.join() !== teacher.join()) {
    throw new RefusedInputError('Attention transfer compares levels that student and teacher do not share.', {
      wanted: `activations of ${teacher.join(', ') || 'no'} pixels, as the teacher’s`,
      got: `${student.join(', ') || 'none'} of the student`,
      where: 'distillation.architecture',
      action: 'Choose a student of the teacher’s family, or switch attention transfer off.',
    })
  }
  return tf.tidy(() =>
    tf.addN(
      studentActivations.map((activation, level) =>
        attentionDistance(attentionMap(activation), teacherMaps[level] as tf.Tensor2D),
      ),
    ),
  )
}
