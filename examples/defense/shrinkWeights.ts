import * as tf from '@tensorflow/tfjs-core'
import { defineDefense } from '../../src/main/engine/families/defenses/types'
import { disposePseudoBatch } from '../../src/main/engine/families/distillation/stepOutputs'
import { integer, number } from '../../src/shared/schema'

/**
 * Shrink weights: a defense after the distillation that pulls the finished student's weights towards 0, step by step.
 *
 * θ ← (1 − s) · θ at each step. An example of a defense that works on the finished student; what it records is how far
 * the student's answers to a further pseudo batch are from the teacher's: mean |S − T| of the logits.
 */
export const shrinkWeights = defineDefense({
  id: 'shrink_weights',
  title: 'Shrink weights',
  summary: 'Pulls the finished student’s weights towards 0, so that rare, large ones lose their say.',
  reference: { citation: 'Example of this project' },
  params: {
    steps: integer({ label: 'Steps', default: 10, min: 1, max: 1000, help: 'Steps after the distillation.' }),
    share: number({ label: 'Share', default: 0.001, min: 0, max: 0.5, help: 'What each step takes from a weight.' }),
  },
  metrics: {
    distance: {
      title: 'Distance of the shrunk student',
      group: 'defense',
      unit: '',
      definition: 'Mean |S − T| of the logits over a further pseudo batch, before the step.',
    },
  },
  afterwards: ({ steps }, pseudoBatch) => ({
    steps,
    pseudoBatches: steps,
    studentForwards: steps * pseudoBatch,
    teacherForwards: 0,
    heldStudentImages: pseudoBatch,
  }),
  create: ({ steps, share }) => ({
    id: 'shrink_weights',
    afterDistillation({ student, program, pseudoBatch }) {
      const update = program.compile('shrinkWeights', ({ images, teacherLogits }) =>
        tf.tidy(() => {
          const { logits } = student.forward(images as tf.Tensor4D, { training: false })
          for (const { variable } of student.parameters) variable.assign(tf.mul(variable, 1 - share))
          return { distance: tf.mean(tf.abs(tf.sub(logits, teacherLogits as tf.Tensor2D))) }
        }),
      )
      return {
        steps,
        async step(position) {
          const batch = await pseudoBatch(position)
          const outputs = update.run({ images: batch.images, teacherLogits: batch.teacherLogits })
          const distance = outputs.distance?.dataSync()[0] ?? NaN
          tf.dispose(outputs)
          disposePseudoBatch(batch)
          return position.measure ? { distance } : {}
        },
      }
    },
  }),
})
