/** A pseudo batch as people and analyses see it: bytes, and what the models say of them. */
import * as tf from '@tensorflow/tfjs-core'
import type { SyntheticImages } from '../../../shared/domain'
import type { ActiveDefense, DistillationContext, PseudoBatch } from '../families/distillation/types'
import { toBytes } from '../images/batches'
import { variationOf } from '../images/variation'
import type { ImageSet, Normalization } from '../images/types'

interface Predictions {
  classes: number[]
  confidences: number[]
}

/** Arg max and its softmax probability per row. */
function predictionsOf(logits: tf.Tensor2D): Predictions {
  return tf.tidy(() => {
    const probabilities = tf.softmax(logits)
    return {
      classes: [...tf.argMax(probabilities, 1).dataSync()],
      confidences: [...tf.max(probabilities, 1).dataSync()],
    }
  })
}

/** The first images of a pseudo batch as bytes, with what teacher, student and defenses say of them. */
export type SyntheticView = (batch: PseudoBatch, step: number) => SyntheticImages

/** @param limit how many images of a batch are shown */
export function createSyntheticView(
  { program, student, normalization }: Pick<DistillationContext, 'program' | 'student' | 'normalization'>,
  defenses: readonly ActiveDefense[],
  limit: number,
): SyntheticView {
  const view = program.compile(
    'viewStudent',
    ({ images }) => ({ logits: student.forward(images as tf.Tensor4D, { training: false }).logits }),
    { apart: true },
  )
  return (batch, step) => {
    const { logits } = view.run({ images: batch.images })
    if (!logits) throw new Error('The student gave no logits for the view.')
    const [total, height, width, channels] = batch.images.shape
    const count = Math.min(limit, total)
    // Not in a tidy: it would look through what it returns for tensors, number by number.
    const shown = batch.images.slice([0, 0, 0, 0], [count, height, width, channels])
    const values = shown.dataSync() as Float32Array
    shown.dispose()
    const teacher = predictionsOf(batch.teacherLogits)
    const said = predictionsOf(logits as tf.Tensor2D)
    logits.dispose()
    const pixels = toBytes(values, normalization, channels)
    const suspected = defenses.map((defense) => defense.suspects?.(batch)).find((marks) => marks !== undefined)
    return {
      step,
      count,
      height,
      width,
      channels: channels === 1 ? 1 : 3,
      pixels,
      variation: variationOf({ count, pixels }),
      teacherClass: teacher.classes.slice(0, count),
      teacherConfidence: teacher.confidences.slice(0, count),
      studentClass: said.classes.slice(0, count),
      studentConfidence: said.confidences.slice(0, count),
      ...(suspected ? { suspected: suspected.slice(0, count) } : {}),
    }
  }
}

/** The pseudo batch as bytes with the teacher's classes. */
export function imageSetOf({ images, teacherLogits }: PseudoBatch, normalization: Normalization): ImageSet {
  const [count, height, width, channels] = images.shape
  return {
    count,
    height,
    width,
    channels: channels === 1 ? 1 : 3,
    pixels: toBytes(images.dataSync() as Float32Array, normalization, channels),
    labels: tf.tidy(() => Int32Array.from(tf.argMax(teacherLogits, 1).dataSync())),
  }
}
