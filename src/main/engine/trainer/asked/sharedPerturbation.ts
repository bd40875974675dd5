/** What one perturbation, added to every image, does to a function of the answers, and its gradient. */
import * as tf from '@tensorflow/tfjs-core'
import type { PerturbedAnswers, SharedPerturbation } from '../../families/analyses/askedTypes'
import type { ImageSet } from '../../images/types'
import { differentiate } from '../../maths/nn/differentiate'
import { logSoftmax, sum } from '../../maths/ops'
import type { NamedTensors } from '../../maths/ops/tensors'
import { modelBatch } from '../imageModel'
import { normalizedIntensities, type NetworkPasses } from './passes'

/** Images and their weights, those that a batch lacks being black and without weight. */
function batchOf(images: ImageSet, weights: Float32Array, { first, batch }: { first: number; batch: number }) {
  const size = images.height * images.width * images.channels
  const width = weights.length / images.count
  const last = Math.min(images.count, first + batch)
  const intensities = new Float32Array(batch * size)
  images.pixels.subarray(first * size, last * size).forEach((value, place) => (intensities[place] = value / 255))
  const own = new Float32Array(batch * width)
  own.set(weights.subarray(first * width, last * width))
  return {
    images: tf.tensor4d(intensities, [batch, images.height, images.width, images.channels]),
    weights: tf.tensor2d(own, [batch, width]),
  }
}

/** One captured step serves all perturbations and weights; few images are one small batch. */
export function perturbedAnswers(
  passes: NetworkPasses,
  images: ImageSet,
  { perturbation, weights }: SharedPerturbation,
): PerturbedAnswers {
  const { classes } = passes.classifier
  const size = images.height * images.width * images.channels
  if (perturbation.length !== size || weights.length !== images.count * classes)
    throw new Error('A perturbation is as large as an image, and each image has a weight for each class.')
  const batch = Math.min(images.count, modelBatch)
  const { run } = passes.step(`sharedPerturbation@${batch}`, (args) => perturbedStep(passes, args))
  const shared = tf.tensor4d(perturbation, [1, images.height, images.width, images.channels])
  const gradient = new Float32Array(size)
  const logits = new Float32Array(images.count * classes)
  let loss = 0
  for (let first = 0; first < images.count; first += batch) {
    const args = batchOf(images, weights, { first, batch })
    const outputs = run({ ...args, perturbation: shared })
    const valuesOf = (name: string): Float32Array => outputs[name]?.dataSync() as Float32Array
    loss += valuesOf('loss')[0] ?? NaN
    valuesOf('gradient').forEach((value, place) => (gradient[place] = (gradient[place] ?? 0) + value))
    logits.set(valuesOf('logits').subarray(0, (images.count - first) * classes), first * classes)
    tf.dispose([args, outputs])
  }
  shared.dispose()
  return { loss, gradient, logits }
}

function perturbedStep(passes: NetworkPasses, args: NamedTensors): NamedTensors {
  const perturbation = args.perturbation as tf.Tensor4D
  const { loss, outputs, inputGradients } = differentiate(
    [],
    () => {
      const clipped = tf.clipByValue(tf.add(args.images as tf.Tensor4D, perturbation), 0, 1) as tf.Tensor4D
      const { logits } = passes.forward(normalizedIntensities(passes, clipped))
      const likelihood = sum<tf.Scalar>(tf.mul(logSoftmax(logits), args.weights as tf.Tensor))
      return { loss: tf.neg(likelihood), outputs: { logits } }
    },
    [perturbation],
  )
  return { loss, gradient: inputGradients[0] as tf.Tensor, logits: outputs.logits }
}
