import * as tf from '@tensorflow/tfjs-core'
import { defineTerm, lossMetric } from '../../src/main/engine/families/distillation/terms/term'
import { mean } from '../../src/main/engine/maths/ops'
import { number } from '../../src/shared/schema'

/**
 * Brightness: keeps the mean of each image near 0, the mean of normalised training images.
 *
 * L = mean_i (mean over height, width and channels of x_i)²
 * Images [N, H, W, C] before views and normalisation. An example of a new loss term: it is in no publication.
 */
export const brightness = defineTerm({
  id: 'brightness',
  title: 'Brightness',
  summary: 'Images whose mean is near that of normalised training images.',
  reference: { citation: 'Example of this project' },
  params: {
    brightnessWeight: number({
      label: 'Brightness weight',
      default: 0,
      min: 0,
      max: 1e4,
      help: 'Weight of the squared mean of each image. 0 leaves it out.',
      advanced: true,
    }),
  },
  weight: 'brightnessWeight',
  metrics: lossMetric({
    title: 'Brightness',
    unit: '',
    definition: 'Mean over the synthetic images of the square of their mean value.',
  }),
  value: ({ images }) => mean<tf.Scalar>(tf.square(mean(images, [1, 2, 3]))),
})
