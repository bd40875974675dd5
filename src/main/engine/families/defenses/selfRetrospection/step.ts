/** The update of the student with the hypergradient. */
import * as tf from '@tensorflow/tfjs-core'
import { hypergradient, type HypergradientOptions } from '../../../maths/losses/selfRetrospection'
import { differentiate } from '../../../maths/nn/differentiate'
import { flattenGradients, globalNorm } from '../../../maths/nn/gradients'
import type { Classifier, ClassifierOutput } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { Optimizer } from '../../optimizers/types'
import { applyGradients } from '../../optimizers/update'

/**
 * One update of the student against a perturbation: hypergradient plus the gradient of the distillation loss, not
 * clipped.
 * Reference: ABD zskt/solver.py, the use_hg branch; cmi/datafree/unlearn.py UnlearnOptimizer.step. Differs: its two
 * further training-mode passes, made only to log the outer loss after the update (UnlearnOptimizer: one, for the
 * answers it logs), are left out.
 * @param parts.distillationLoss the method's own loss on the student's answer to the clean images
 * @param args images [N, H, W, C], perturbation [1, H, W, C], mask [N, 1, 1, 1], learningRate scalar
 * @returns outerLoss (before the update), loss (distillation), hypergradientNorm, gradientNorm
 */
export function selfRetrospectionStep(
  parts: {
    readonly student: Classifier
    readonly optimizer: Optimizer
    readonly options: HypergradientOptions
    readonly distillationLoss: (output: ClassifierOutput) => tf.Scalar
  },
  args: NamedTensors,
): NamedTensors {
  const { student, optimizer, options } = parts
  return tf.tidy(() => {
    const images = args.images as tf.Tensor4D
    const unlearning = hypergradient(
      student,
      { images, perturbation: args.perturbation as tf.Tensor4D, mask: args.mask as tf.Tensor },
      options,
    )
    const distillation = differentiate(student.parameters, (asked) => {
      asked.push(...unlearning.updates)
      return { loss: parts.distillationLoss(student.forward(images, { training: true, updates: asked })), outputs: {} }
    })
    const total = tf.add(
      flattenGradients(unlearning.gradients),
      flattenGradients(distillation.gradients),
    ) as tf.Tensor1D
    const { updates } = distillation
    const norm = applyGradients(
      { optimizer, gradientClip: 0 },
      { gradients: total, updates },
      args.learningRate as tf.Scalar,
    )
    return {
      outerLoss: unlearning.outerLoss,
      loss: distillation.loss,
      hypergradientNorm: globalNorm(unlearning.gradients),
      ...norm,
    }
  })
}
