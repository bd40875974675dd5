import * as tf from '@tensorflow/tfjs-core'
import type { StepProgram, StepRunner } from '../../../graph/types'
import { shuffledEnsembleLogits, suspectKl, type ShuffledEnsemble } from '../../../maths/losses/shufflingVaccine'
import type { Classifier } from '../../../maths/nn/types'

/** Per image: its KL under the ensemble, and 1 where the ensemble classifies it as the teacher does. */
export type SuspectMeasure = (images: tf.Tensor4D) => { kl: number[]; mask: number[] }

/** A captured step has one shape: one is compiled for each number of images that is asked for. */
export function createSuspectMeasure(
  program: StepProgram,
  teacher: Classifier,
  ensemble: ShuffledEnsemble,
): SuspectMeasure {
  const runners = new Map<number, StepRunner>()
  const stepFor = (count: number): StepRunner => {
    const known = runners.get(count)
    if (known) return known
    const made = program.compile(
      `suspect@${count}`,
      ({ images }) =>
        tf.tidy(() => {
          const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
          return { ...suspectKl(shuffledEnsembleLogits(ensemble, images as tf.Tensor4D, activations), logits) }
        }),
      { apart: true },
    )
    runners.set(count, made)
    return made
  }
  return (images) => {
    const outputs = stepFor(images.shape[0]).run({ images })
    const result = { kl: [...(outputs.kl?.dataSync() ?? [])], mask: [...(outputs.mask?.dataSync() ?? [])] }
    tf.dispose(outputs)
    return result
  }
}
