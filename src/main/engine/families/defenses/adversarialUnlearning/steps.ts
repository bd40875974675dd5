/** What I-BAU computes in one step. */
import * as tf from '@tensorflow/tfjs-core'
import { attackObjective, unlearningGradient, type LabelledImages } from '../../../maths/losses/adversarialUnlearning'
import type { FixedPointOptions } from '../../../maths/losses/implicitGradient'
import { differentiate } from '../../../maths/nn/differentiate'
import type { Classifier, Parameter } from '../../../maths/nn/types'
import { sum } from '../../../maths/ops'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { Optimizer } from '../../optimizers'
import { applyGradients } from '../../optimizers/update'

export interface Unlearner {
  readonly student: Classifier
  /** p, [1, H, W, C], in intensities of 0 to 1. */
  readonly perturbation: Parameter
  readonly penalty: number
}

const norm = (x: tf.Tensor): tf.Scalar => tf.tidy(() => tf.sqrt(sum<tf.Scalar>(tf.square(x))))

/**
 * One step of the search: p ← p − η · ∂/∂p (−CE(f(x + p/σ), ŷ) + λ‖p‖²), ŷ = argmax f(x); `keep` 0 begins from p = 0.
 * @param args images, scale [1, 1, 1, C], learningRate and keep scalars
 * @returns misled, the cross-entropy before the step, and perturbationNorm after it
 */
export const searchStep = ({ student, perturbation, penalty }: Unlearner, args: NamedTensors): NamedTensors =>
  tf.tidy(() => {
    const variable = perturbation.variable
    variable.assign(tf.mul(variable, args.keep as tf.Scalar))
    const images = args.images as tf.Tensor4D
    const labels = tf.argMax(student.forward(images, { training: false }).logits, 1) as tf.Tensor1D
    const { loss, gradients } = differentiate([perturbation], () => ({
      loss: attackObjective(
        student,
        { images, labels, perturbation: variable, scale: args.scale as tf.Tensor },
        penalty,
      ),
      outputs: {},
    }))
    const misled = tf.sub(tf.mul(sum<tf.Scalar>(tf.square(variable)), penalty), loss)
    variable.assign(tf.sub(variable, tf.mul(gradients[0] as tf.Tensor, args.learningRate as tf.Scalar)))
    return { misled, perturbationNorm: norm(variable) }
  })

/**
 * One update of the student against p.
 * @param args images, labels, innerImages, innerLabels, mask [N, 1, 1, 1], scale [1, 1, 1, C], learningRate scalar
 * @returns outerLoss, before the update, and perturbationNorm
 */
export const unlearningStep = (
  { student, perturbation, penalty, optimizer, ...options }: Unlearner & FixedPointOptions & { optimizer: Optimizer },
  args: NamedTensors,
): NamedTensors =>
  tf.tidy(() => {
    const labelled = (images: tf.Tensor | undefined, labels: tf.Tensor | undefined): LabelledImages => ({
      images: images as tf.Tensor4D,
      labels: labels as tf.Tensor1D,
    })
    const { gradients, outerLoss } = unlearningGradient(
      student,
      {
        perturbation: perturbation.variable,
        scale: args.scale as tf.Tensor,
        outer: labelled(args.images, args.labels),
        inner: labelled(args.innerImages, args.innerLabels),
        mask: args.mask as tf.Tensor,
      },
      { ...options, penalty },
    )
    applyGradients({ optimizer }, { gradients, updates: [] }, args.learningRate as tf.Scalar)
    return { outerLoss, perturbationNorm: norm(perturbation.variable) }
  })
