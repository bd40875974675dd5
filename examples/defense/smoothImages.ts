import * as tf from '@tensorflow/tfjs-core'
import { defineDefense } from '../../src/main/engine/families/defenses/types'
import { totalVariation } from '../../src/main/engine/maths/losses/imagePrior'
import { number } from '../../src/shared/schema'

/**
 * Smooth images: a defense during the distillation that keeps the generator away from sharp patches.
 *
 * penalty = c · TV(x), TV the total variation of the synthetic images as the teacher is shown them.
 * An example of a defense that adds a term to the generator's loss: it is in no publication.
 */
export const smoothImages = defineDefense({
  id: 'smooth_images',
  title: 'Smooth images',
  summary: 'The generator is kept from images with sharp edges, where small triggers live.',
  reference: { citation: 'Example of this project' },
  params: {
    coefficient: number({
      label: 'Coefficient',
      default: 0.001,
      min: 0,
      max: 10,
      help: 'Weight of the total variation in the generator’s loss.',
    }),
  },
  metrics: {
    variation: {
      title: 'Variation',
      group: 'defense',
      unit: '',
      definition: 'Total variation of the synthetic images, before its coefficient.',
    },
  },
  compatibleWith: ({ usesRealImages }) =>
    usesRealImages === true ? 'its images are real, none are synthesised' : true,
  create: ({ coefficient }) => ({
    id: 'smooth_images',
    synthesizerTerm({ images }) {
      const variation = totalVariation(images)
      return { loss: tf.mul(variation, coefficient) as tf.Scalar, outputs: { variation } }
    },
  }),
})
