/** The universal perturbation: one image-sized p that changes a model's answers to many images at once. */
import * as tf from '@tensorflow/tfjs-core'
import type { StepRunner } from '../../../graph/types'
import { perturbationObjective } from '../../../maths/losses/selfRetrospection'
import { applyUpdates } from '../../../maths/nn/differentiate'
import type { Parameter, StateUpdate } from '../../../maths/nn/types'
import { createAdam } from '../../optimizers/adam'
import { updateStep } from '../../optimizers/update'
import type { PerturbationContext, UniversalPerturbation } from '../types'
import type { SelfRetrospectionParameters } from './parameters'

/**
 * p ← Adam on −KL(f(x) ‖ f(x + p)) + penalty · ‖p‖², f the teacher in evaluation mode or the student in training mode;
 * without the penalty where
 * `penaltyInSearch` is off. The student sees the clean images in every round too: two updates of its running statistics
 * each.
 * Reference: ABD zskt/solver.py, the sup_backdoor branch; cmi/datafree/unlearn.py (teacher alone, no penalty). Differs:
 * p starts from small random numbers
 * instead of 0, where the gradient is zero but for rounding noise; the teacher's f(x) comes with the batch instead of
 * being computed in each round.
 */
export function createUniversalPerturbation(
  values: SelfRetrospectionParameters,
  context: PerturbationContext,
): UniversalPerturbation {
  const { program, image } = context
  const onStudent = values.model === 'student'
  const network = onStudent ? context.student : context.teacher
  const shape: [number, number, number, number] = [1, image.height, image.width, image.channels]
  const variable = tf.tidy(() => tf.variable(tf.zeros(shape), true)) as tf.Variable<tf.Rank.R4>
  const parameter: Parameter = { name: 'perturbation', layout: 'plain', variable }
  const optimizer = createAdam([parameter])
  const stream = context.stream('perturbation')
  context.state.addVariables('perturbation', { value: variable, ...optimizer.slots })
  const options = {
    reduction: values.reduction,
    temperature: values.temperature,
    squaredTemperature: values.squaredTemperature,
    penalty: values.penaltyInSearch ? values.perturbationPenalty : 0,
  }

  const begin = program.compile('perturbationBegin', ({ start }) => {
    variable.assign(start as tf.Tensor4D)
    tf.tidy(() => {
      for (const slot of Object.values(optimizer.slots)) slot.assign(tf.mul(slot, 0))
    })
    return {}
  })
  const answer = program.compile('perturbationAnswers', ({ images }) =>
    tf.tidy(() => {
      const updates: StateUpdate[] = []
      const { logits } = network.forward(images as tf.Tensor4D, { training: onStudent, updates })
      applyUpdates(updates)
      return { logits }
    }),
  )
  const round: StepRunner = program.compile('perturbationRound', ({ images, answers, learningRate }) =>
    updateStep({ parameters: [parameter], optimizer }, learningRate as tf.Scalar, (updates) => ({
      loss: perturbationObjective(
        network,
        { images: images as tf.Tensor4D, cleanLogits: answers as tf.Tensor2D, perturbation: variable },
        { training: onStudent, updates },
        options,
      ),
      outputs: {},
    })),
  )

  return {
    variable,
    find(images, teacherLogits, afterRound) {
      const start = tf.tensor4d(
        Float32Array.from(stream.normal(variable.size), (value) => value * values.perturbationStart),
        shape,
      )
      const learningRate = tf.scalar(values.perturbationLearningRate)
      tf.dispose(begin.run({ start }))
      for (let index = 0; index < values.rounds; index++) {
        const own = onStudent ? answer.run({ images }) : {}
        tf.dispose([round.run({ images, answers: own.logits ?? teacherLogits, learningRate }), own])
        afterRound?.()
      }
      tf.dispose([start, learningRate])
    },
  }
}
