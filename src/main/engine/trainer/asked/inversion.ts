/** The gradient by which images are made out of a network: class, batch-norm statistics, smoothness. */
import * as tf from '@tensorflow/tfjs-core'
import type { InversionAnswer, InversionQuestion } from '../../families/analyses/askedTypes'
import { totalVariation } from '../../maths/losses/imagePrior'
import { batchNormStatisticsLoss } from '../../maths/losses/synthesis'
import { differentiate } from '../../maths/nn/differentiate'
import type { BatchStatistics } from '../../maths/nn/types'
import { logSoftmax, sum } from '../../maths/ops'
import type { NamedTensors } from '../../maths/ops/tensors'
import { normalizedIntensities, type NetworkPasses } from './passes'

/** One captured step for each number of images. */
export function inversionAnswer(passes: NetworkPasses, question: InversionQuestion): InversionAnswer {
  const { classifier, image } = passes
  const { labels, images } = question
  const { run } = passes.step(`inversion@${labels.length}`, (args) => inversionStep(passes, args))
  const chosen = new Float32Array(labels.length * classifier.classes)
  for (let row = 0; row < labels.length; row++) chosen[row * classifier.classes + (labels[row] ?? 0)] = 1
  const args = {
    images: tf.tensor4d(images, [labels.length, image.height, image.width, image.channels]),
    chosen: tf.tensor2d(chosen, [labels.length, classifier.classes]),
    statisticsWeight: tf.scalar(question.statisticsWeight),
    variationWeight: tf.scalar(question.variationWeight),
  }
  const outputs = run(args)
  const valuesOf = (name: string): Float32Array => outputs[name]?.dataSync() as Float32Array
  const found = {
    crossEntropy: valuesOf('crossEntropy')[0] ?? NaN,
    statistics: outputs.statistics ? (valuesOf('statistics')[0] ?? NaN) : null,
    gradient: valuesOf('gradient'),
  }
  tf.dispose([args, outputs])
  return found
}

function inversionStep(passes: NetworkPasses, args: NamedTensors): NamedTensors {
  const images = args.images as tf.Tensor4D
  const { loss, outputs, inputGradients } = differentiate<NamedTensors>(
    [],
    () => {
      const statistics: BatchStatistics[] = []
      const { logits } = passes.classifier.forward(normalizedIntensities(passes, images), {
        training: false,
        statistics,
      })
      const likelihood = sum<tf.Scalar>(tf.mul(logSoftmax(logits), args.chosen as tf.Tensor))
      const crossEntropy: tf.Scalar = tf.mul(likelihood, -1 / images.shape[0])
      const prior = tf.add(crossEntropy, tf.mul(totalVariation(images), args.variationWeight as tf.Scalar))
      if (statistics.length === 0) return { loss: prior as tf.Scalar, outputs: { crossEntropy } as NamedTensors }
      const distance = batchNormStatisticsLoss(statistics, 'mean')
      return {
        loss: tf.add(prior, tf.mul(distance, args.statisticsWeight as tf.Scalar)) as tf.Scalar,
        outputs: { crossEntropy, statistics: distance } as NamedTensors,
      }
    },
    [images],
  )
  return { loss, ...outputs, gradient: inputGradients[0] as tf.Tensor }
}
