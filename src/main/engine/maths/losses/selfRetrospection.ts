/**
 * Self-Retrospection with the hypergradient: what would the student's unlearning of its most harmful perturbation do to
 * its weights,
 * when the perturbation itself depends on them.
 * Reference: Hong et al. 2023 (ABD), zskt/solver.py (sup_backdoor and use_hg) and zskt/utils/hypergrad.py; Grazzi et
 * al. 2020, arXiv:2006.16218.
 */
import * as tf from '@tensorflow/tfjs-core'
import { differentiate } from '../nn/differentiate'
import type { Classifier, ForwardContext, StateUpdate } from '../nn/types'
import { detach, sum } from '../ops'
import { klDivergence, type DivergenceOptions } from './divergence'
import { implicitGradient, type FixedPointOptions, type ImplicitGradient } from './implicitGradient'

export interface PerturbationOptions extends DivergenceOptions {
  /** Weight λ of ‖p‖²; 0.001 in the reference. */
  readonly penalty: number
}

export interface PerturbedImages {
  /** [N, H, W, C] */
  readonly images: tf.Tensor4D
  /** The network's answer to the images themselves, held constant. */
  readonly cleanLogits: tf.Tensor2D
  /** [1, H, W, C], one for all images. */
  readonly perturbation: tf.Tensor
}

/**
 * The inner objective, which the perturbation minimises: −KL(clean ‖ network(x + p)) + λ‖p‖². One p for all images.
 * At p = 0 its gradient is zero: begin from small random numbers.
 * Call it inside tf.tidy: what a network in training mode asks to update must outlive it.
 */
export function perturbationObjective(
  network: Classifier,
  { images, cleanLogits, perturbation }: PerturbedImages,
  context: ForwardContext,
  options: PerturbationOptions,
): tf.Scalar {
  const { logits } = network.forward(tf.add(images, perturbation) as tf.Tensor4D, context)
  return tf.sub(
    tf.mul(sum<tf.Scalar>(tf.mul(perturbation, perturbation)), options.penalty),
    klDivergence(logits, detach(cleanLogits), options),
  ) as tf.Scalar
}

export interface MaskedImages {
  /** [N, H, W, C] */
  readonly images: tf.Tensor4D
  /** [1, H, W, C], the inner problem's answer. */
  readonly perturbation: tf.Tensor4D
  /** [N, 1, 1, 1], 1 for the images that carry the perturbation in the outer loss (2 % at random in the reference). */
  readonly mask: tf.Tensor
}

export interface HypergradientOptions extends PerturbationOptions, FixedPointOptions {
  /**
   * Whether the outer loss holds student(x) constant: yes in the reference's ZSKT, no in its CMI and OoD programs.
   * Default true.
   */
  readonly constantTarget?: boolean
}

export interface Hypergradient extends ImplicitGradient {
  /** The part that does not go through the perturbation: ∂outer/∂θ. */
  readonly direct: readonly tf.Tensor[]
  /** KL(student(x) ‖ student(x + mask · p)). */
  readonly outerLoss: tf.Scalar
  /** ∂outer/∂p. */
  readonly outerByPerturbation: tf.Tensor
  /** Running statistics as the reference's four passes leave them. */
  readonly updates: readonly StateUpdate[]
}

/**
 * d outer(p*(θ), θ) / dθ by the implicit gradient, all student passes in training mode;
 * outer = KL(student(x) ‖ student(x + mask · p)), its first argument constant unless `constantTarget` is off; inner =
 * {@link perturbationObjective} of the student.
 * Reference: ABD zskt/utils/hypergrad.py fixed_point with zskt/solver.py (constant) or cmi/datafree/unlearn.py (not
 * constant).
 * Call it inside tf.tidy.
 */
export function hypergradient(
  student: Classifier,
  { images, perturbation, mask }: MaskedImages,
  options: HypergradientOptions,
): Hypergradient {
  const updates: StateUpdate[] = []
  const clean = (): tf.Tensor2D => student.forward(images, { training: true, updates }).logits
  const constant = (options.constantTarget ?? true) ? clean() : undefined
  const outer = differentiate(
    student.parameters,
    (asked) => {
      asked.push(...updates)
      const target = constant ?? student.forward(images, { training: true, updates: asked }).logits
      const { logits } = student.forward(tf.add(images, tf.mul(perturbation, mask)) as tf.Tensor4D, {
        training: true,
        updates: asked,
      })
      return { loss: klDivergence(logits, target, options), outputs: {} }
    },
    [perturbation],
  )
  const outerByPerturbation = outer.inputGradients[0] as tf.Tensor
  const direct = outer.gradients
  updates.splice(0, updates.length, ...outer.updates)

  const innerTarget = clean()
  // Running statistics are asked for by a pass of their own: what is made inside nested differentiations does not
  // outlive them.
  student.forward(tf.add(images, perturbation) as tf.Tensor4D, { training: true, updates })
  const context: ForwardContext = { training: true, twiceDifferentiable: true }
  const found = implicitGradient(
    {
      parameters: student.parameters,
      answer: perturbation,
      inner: (p) =>
        perturbationObjective(student, { images, cleanLogits: innerTarget, perturbation: p }, context, options),
      direct,
      outerByAnswer: outerByPerturbation,
    },
    options,
  )
  return {
    ...found,
    direct,
    outerLoss: outer.loss,
    outerByPerturbation,
    updates,
  }
}
