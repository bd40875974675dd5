/** Gradients of one logit of each image, by the images or by a layer's output. */
import * as tf from '@tensorflow/tfjs-core'
import type { ClassGradient, NetworkLayer } from '../../families/analyses/askedTypes'
import type { ImageSet } from '../../images/types'
import { differentiate } from '../../maths/nn/differentiate'
import { sum } from '../../maths/ops'
import type { NamedTensors } from '../../maths/ops/tensors'
import { inBatches, modelBatch } from '../imageModel'
import type { Forward, NetworkPasses } from './passes'

/** @param at the layer by whose output; without one, by the normalised images */
export function classGradients(
  { classifier, normalization, forward, step }: NetworkPasses,
  images: ImageSet,
  { classes, at }: { readonly classes: ArrayLike<number>; readonly at: NetworkLayer | null },
): ClassGradient {
  const { height, width, channels } = at ?? images
  const { run } = step(`gradient@${at?.name ?? ''}`, (args) => gradientStep(forward, args, at?.name))
  const size = height * width * channels
  const found = { gradients: new Float32Array(images.count * size), values: new Float32Array(images.count * size) }
  const work = (batch: tf.Tensor4D, rows: readonly number[]): NamedTensors => {
    const chosen = new Float32Array(modelBatch * classifier.classes)
    rows.forEach((row, place) => {
      chosen[place * classifier.classes + (classes[row] ?? 0)] = 1
    })
    const more = {
      chosen: tf.tensor2d(chosen, [modelBatch, classifier.classes]),
      ...(at ? { added: tf.zeros([modelBatch, height, width, channels]) } : {}),
    }
    const outputs = run({ images: batch, ...more })
    tf.dispose(more)
    return outputs
  }
  inBatches(images, normalization, work, ({ gradients, values }, first, count) => {
    found.gradients.set((gradients as Float32Array).subarray(0, count * size), first * size)
    found.values.set((values as Float32Array).subarray(0, count * size), first * size)
  })
  return found
}

/**
 * d Σ_i logit(i, class_i) / d images, or by a layer's output: zeros are added to that, and what the sum changes by them
 * it changes by the output.
 */
function gradientStep(forward: Forward, args: NamedTensors, wanted: string | undefined): NamedTensors {
  const source = (wanted === undefined ? args.images : args.added) as tf.Tensor4D
  const { outputs, inputGradients } = differentiate(
    [],
    () => {
      let values: tf.Tensor = args.images as tf.Tensor
      const { logits } = forward(args.images, (layer, output) => {
        if (layer !== wanted) return output
        values = output
        return tf.add(output, source)
      })
      return { loss: sum<tf.Scalar>(tf.mul(logits, args.chosen as tf.Tensor)), outputs: { values } }
    },
    [source],
  )
  return { gradients: inputGradients[0] as tf.Tensor, values: outputs.values as tf.Tensor }
}
