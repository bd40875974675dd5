/** The universal perturbation: one image-sized p that changes the teacher's answers to many images at once. */
import * as tf from '@tensorflow/tfjs-core'
import type { StepRunner } from '../../graph/types'
import { klDivergence } from '../../losses/divergence'
import { differentiate } from '../../nn/differentiate'
import type { Parameter } from '../../nn/types'
import { sum } from '../../ops'
import { createAdam } from '../../optimizers/adam'
import type { DefenseContext } from '../types'
import type { SelfRetrospectionParameters } from './parameters'

export interface UniversalPerturbation {
  /** [1, H, W, C]; read it inside later steps. */
  readonly variable: tf.Variable
  /** Begins anew and does all rounds on these images. `answers`: the teacher's logits of them. */
  find(images: tf.Tensor4D, answers: tf.Tensor2D): void
}

/**
 * p ← Adam on −KL(T(x) ‖ T(x + p)) + penalty · ‖p‖², the teacher in evaluation mode.
 * Reference: ABD zskt/solver.py, the sup_backdoor branch with sup_pert_model = teacher. Differs: p starts from small random numbers instead of 0,
 * where the gradient is zero but for rounding noise.
 */
export function createUniversalPerturbation(values: SelfRetrospectionParameters, context: DefenseContext): UniversalPerturbation {
  const { teacher, program, image } = context
  const shape: [number, number, number, number] = [1, image.height, image.width, image.channels]
  const variable = tf.tidy(() => tf.variable(tf.zeros(shape), true))
  const parameter: Parameter = { name: 'perturbation', layout: 'plain', variable }
  const optimizer = createAdam([parameter])
  const stream = context.stream('perturbation')
  context.state.addVariables('perturbation', { value: variable, ...optimizer.slots })

  const begin: StepRunner = program.compile('perturbationBegin', ({ start }) => {
    variable.assign(start as tf.Tensor4D)
    tf.tidy(() => { for (const slot of Object.values(optimizer.slots)) slot.assign(tf.mul(slot, 0)) })
    return {}
  })
  const round: StepRunner = program.compile('perturbationRound', ({ images, answers, learningRate }) => tf.tidy(() => {
    const result = differentiate([parameter], () => {
      const perturbed = tf.add(images as tf.Tensor4D, variable) as tf.Tensor4D
      const { logits } = teacher.forward(perturbed, { training: false })
      const divergence = klDivergence(logits, answers as tf.Tensor2D, { reduction: values.reduction })
      const size = sum<tf.Scalar>(tf.mul(variable, variable))
      return { loss: tf.sub(tf.mul(size, values.perturbationPenalty), divergence) as tf.Scalar, outputs: {} }
    })
    optimizer.apply(result.gradients, learningRate as tf.Scalar)
    return { loss: result.loss }
  }))

  return {
    variable,
    find(images, answers) {
      const noise = stream.normal(variable.size)
      const start = tf.tensor4d(Float32Array.from(noise, (value) => value * values.perturbationStart), shape)
      const learningRate = tf.scalar(values.perturbationLearningRate)
      tf.dispose(begin.run({ start }))
      for (let index = 0; index < values.rounds; index++) tf.dispose(round.run({ images, answers, learningRate }))
      tf.dispose([start, learningRate])
    },
  }
}
