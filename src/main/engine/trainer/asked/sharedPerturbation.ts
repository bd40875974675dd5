/** What one perturbation, added to every image, does to a function of the answers, and its gradient. */
import * as tf from '@tensorflow/tfjs-core'
import type { PerturbedAnswers, SharedPerturbation } from '../../families/analyses/askedTypes'
import type { ImageSet } from '../../images/types'
import { differentiate } from '../../maths/nn/differentiate'
import { logSoftmax, sum } from '../../maths/ops'
import type { NamedTensors } from '../../maths/ops/tensors'
import { inBatches, modelBatch } from '../imageModel'
import type { NetworkPasses } from './passes'

/** Batches come as intensities: they are normalised in the step, after they were clipped. */
const intensities = { mean: [0, 0, 0], standardDeviation: [1, 1, 1] }

/** One captured step serves all perturbations and weights. */
export function perturbedAnswers(
  passes: NetworkPasses,
  images: ImageSet,
  { perturbation, weights }: SharedPerturbation,
): PerturbedAnswers {
  const { classes } = passes.classifier
  const size = images.height * images.width * images.channels
  if (perturbation.length !== size || weights.length !== images.count * classes)
    throw new Error('A perturbation is as large as an image, and each image has a weight for each class.')
  const { run } = passes.step('sharedPerturbation', (args) => perturbedStep(passes, args))
  const shared = tf.tensor4d(perturbation, [1, images.height, images.width, images.channels])
  const found = { loss: 0, gradient: new Float32Array(size), logits: new Float32Array(images.count * classes) }
  const work = (batch: tf.Tensor4D, rows: readonly number[]): NamedTensors => {
    const own = weightsOfBatch(weights, rows, classes)
    const outputs = run({ images: batch, perturbation: shared, weights: own })
    own.dispose()
    return outputs
  }
  inBatches(images, intensities, work, ({ loss, gradient, logits }, first, count) => {
    found.loss += loss?.[0] ?? 0
    gradient?.forEach((value, place) => (found.gradient[place] = (found.gradient[place] ?? 0) + value))
    found.logits.set((logits as Float32Array).subarray(0, count * classes), first * classes)
  })
  shared.dispose()
  return found
}

/** The last image stands in for those that a batch lacks: there it weighs nothing. */
function weightsOfBatch(weights: Float32Array, rows: readonly number[], classes: number): tf.Tensor2D {
  const own = new Float32Array(modelBatch * classes)
  rows.forEach((row, place) => {
    if (place === 0 || row !== rows[place - 1])
      own.set(weights.subarray(row * classes, (row + 1) * classes), place * classes)
  })
  return tf.tensor2d(own, [modelBatch, classes])
}

function perturbedStep({ forward, normalization, image }: NetworkPasses, args: NamedTensors): NamedTensors {
  const perturbation = args.perturbation as tf.Tensor4D
  const perChannel = (values: readonly number[]): tf.Tensor1D => tf.tensor1d(values.slice(0, image.channels))
  const [mean, deviation] = [perChannel(normalization.mean), perChannel(normalization.standardDeviation)]
  const { loss, outputs, inputGradients } = differentiate(
    [],
    () => {
      const clipped = tf.clipByValue(tf.add(args.images as tf.Tensor4D, perturbation), 0, 1)
      const { logits } = forward(tf.div(tf.sub(clipped, mean), deviation))
      const likelihood = sum<tf.Scalar>(tf.mul(logSoftmax(logits), args.weights as tf.Tensor))
      return { loss: tf.neg(likelihood), outputs: { logits } }
    },
    [perturbation],
  )
  return { loss, gradient: inputGradients[0] as tf.Tensor, logits: outputs.logits }
}
