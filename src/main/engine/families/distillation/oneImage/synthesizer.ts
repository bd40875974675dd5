/** Patches in the place of synthetic images, with the teacher's answers and a defense's weights. */
import * as tf from '@tensorflow/tfjs-core'
import type { StepRunner } from '../../../graph/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import { metricsOf } from '../stepOutputs'
import type { DistillationContext, PseudoBatch, StepMetrics, Synthesizer } from '../types'
import { createBatches } from './batches'
import type { OodParameters } from './parameters'

const prefixed = (tensors: NamedTensors, prefix: string): NamedTensors =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [`${prefix}${name}`, tensor]))

/** The teacher's answers, and the weights that an active defense gives the images. */
function createJudge(context: DistillationContext): (images: tf.Tensor4D) => NamedTensors {
  const { teacher, program } = context
  const weighing = context.defenses.find((defense) => defense.studentWeights)
  const runners = new Map<boolean, StepRunner>()
  const runnerFor = (weighs: boolean): StepRunner => {
    const known = runners.get(weighs)
    if (known) return known
    const made = program.compile(weighs ? `oodTeacher+${weighing?.id}` : 'oodTeacher', ({ images, ...args }) =>
      tf.tidy(() => {
        const { logits, activations } = teacher.forward(images as tf.Tensor4D, { training: false })
        const weighed = weighs
          ? weighing?.studentWeights?.({
              images: images as tf.Tensor4D,
              teacherLogits: logits,
              teacherActivations: activations,
              args,
            })
          : undefined
        return {
          teacherLogits: logits,
          ...(weighed ? { imageWeights: weighed.weights, ...prefixed(weighed.outputs, `${weighing?.id}.`) } : {}),
        }
      }),
    )
    runners.set(weighs, made)
    return made
  }
  return (images) => {
    const weighs = weighing !== undefined && (weighing.synthesizerTermActive?.() ?? true)
    const args = weighs ? (weighing.synthesizerArguments?.() ?? {}) : {}
    const outputs = runnerFor(weighs).run({ images, ...args })
    tf.dispose(args)
    const [count] = images.shape
    // Always there with such a defense, so that the student's step keeps its shape when the defense wakes.
    if (weighing && !weighs) outputs.imageWeights = tf.tensor1d(new Float32Array(count).fill(1 / count))
    return outputs
  }
}

export function createOodSynthesizer(values: OodParameters, context: DistillationContext): Synthesizer {
  const draw = createBatches(values, context)
  const judge = createJudge(context)
  let batch: PseudoBatch | undefined
  return {
    step(position): StepMetrics {
      const images = draw()
      const { teacherLogits, imageWeights, ...numbers } = judge(images)
      const metrics = position.measure ? metricsOf(numbers, {}) : {}
      tf.dispose(numbers)
      batch = {
        images,
        teacherLogits: teacherLogits as tf.Tensor2D,
        teacherAttention: [],
        ...(imageWeights ? { imageWeights: imageWeights as tf.Tensor1D } : {}),
      }
      return metrics
    },
    sample() {
      if (!batch) throw new Error('A pseudo batch was asked for before it was drawn.')
      const drawn = batch
      batch = undefined
      return drawn
    },
  }
}
