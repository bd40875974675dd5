/**
 * Unlearning of the perturbation that most changes a network's answers to clean images.
 * Reference: Zeng et al. 2022, arXiv:2110.03735; its code, defense.py. All passes are in evaluation mode, as there.
 */
import * as tf from '@tensorflow/tfjs-core'
import { differentiate } from '../nn/differentiate'
import type { Classifier, ForwardContext } from '../nn/types'
import { sum } from '../ops'
import { crossEntropy } from './crossEntropy'
import { implicitGradient, type FixedPointOptions } from './implicitGradient'

/** Normalised images with labels. */
export interface LabelledImages {
  /** [N, H, W, C] */
  readonly images: tf.Tensor4D
  /** int32 [N] */
  readonly labels: tf.Tensor1D
}

export interface UniversalPerturbation {
  /** [1, H, W, C], one for all images, in intensities of 0 to 1. */
  readonly perturbation: tf.Tensor
  /** [1, 1, 1, C]: what an intensity is in the networks' normalised space, 1/σ. */
  readonly scale: tf.Tensor
}

/** x + m · p/σ */
const perturbed = (
  images: tf.Tensor4D,
  { perturbation, scale }: UniversalPerturbation,
  mask?: tf.Tensor,
): tf.Tensor4D => {
  const shift = tf.mul(perturbation, scale)
  return tf.add(images, mask ? tf.mul(shift, mask) : shift) as tf.Tensor4D
}

/**
 * What the perturbation minimises: −CE(f(x + p/σ), y) + λ‖p‖².
 * @param penalty λ; 0.001 in the reference
 */
export function attackObjective(
  network: Classifier,
  { images, labels, ...universal }: LabelledImages & UniversalPerturbation,
  penalty: number,
  context: Omit<ForwardContext, 'training'> = {},
): tf.Scalar {
  const { logits } = network.forward(perturbed(images, universal), { ...context, training: false })
  const { perturbation } = universal
  return tf.sub(
    tf.mul(sum<tf.Scalar>(tf.mul(perturbation, perturbation)), penalty),
    crossEntropy(logits, labels),
  ) as tf.Scalar
}

export interface UnlearningProblem extends UniversalPerturbation {
  /** Of the outer loss. */
  readonly outer: LabelledImages
  /** Of the inner problem: the first batch, whichever is being unlearned. */
  readonly inner: LabelledImages
  /** [N, 1, 1, 1], 1 for the images that carry the perturbation in the outer loss (1 % at random in the reference). */
  readonly mask: tf.Tensor
}

/**
 * d outer / dθ by the implicit gradient: outer = CE(f(x + m · p/σ), y), inner = {@link attackObjective}.
 * Call it inside tf.tidy.
 */
export function unlearningGradient(
  network: Classifier,
  problem: UnlearningProblem,
  options: FixedPointOptions & { readonly penalty: number },
): {
  readonly gradients: readonly tf.Tensor[]
  readonly outerLoss: tf.Scalar
  readonly adjoints: readonly tf.Tensor[]
} {
  const { perturbation, scale, outer, inner, mask } = problem
  const { loss, gradients, inputGradients } = differentiate(
    network.parameters,
    () => {
      const images = perturbed(outer.images, { perturbation, scale }, mask)
      const { logits } = network.forward(images, { training: false })
      return { loss: crossEntropy(logits, outer.labels), outputs: {} }
    },
    [perturbation],
  )
  const found = implicitGradient(
    {
      parameters: network.parameters,
      answer: perturbation,
      inner: (p) =>
        attackObjective(network, { ...inner, perturbation: p, scale }, options.penalty, { twiceDifferentiable: true }),
      direct: gradients,
      outerByAnswer: inputGradients[0] as tf.Tensor,
    },
    options,
  )
  return { ...found, outerLoss: loss }
}
