import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../shared/errors'
import { boolean, type ValuesOf } from '../../../../shared/schema'
import type { ImageLayer } from '../../maths/nn/builder'
import { maxPool, relu } from '../../maths/ops'
import { networkOf, type NetworkDefinition } from './network'
import { createTrunk } from './stages'
import { defineArchitecture, type ImageProblem } from './types'

const params = {
  half: boolean({
    label: 'Half width',
    default: false,
    help: 'Half the channels: the student of DAFL’s MNIST experiments.',
  }),
}
const side = 32

/** Smaller images are padded to 32 pixels by the first convolution. */
function paddingOf({ height, width }: ImageProblem): number {
  const padding = (side - height) / 2
  if (height === width && Number.isInteger(padding) && padding >= 0 && padding <= 2) return padding
  throw new RefusedInputError('LeNet-5 reads images of 32 × 32 or 28 × 28 pixels.', {
    wanted: '32 × 32 or 28 × 28',
    got: `${height} × ${width}`,
    action: 'Choose another architecture or data set.',
  })
}

const define: NetworkDefinition<ValuesOf<typeof params>> = (build, { half }, problem) => {
  const [first, second, third, hidden] = half ? ([3, 8, 60, 42] as const) : ([6, 16, 120, 84] as const)
  const trunk = createTrunk(build)
  trunk.stage(() => {
    const square = (extent: number) => ({ height: extent, width: extent })
    const layers: ImageLayer[] = [
      build.convolution('features.0', {
        inputs: problem.channels,
        outputs: first,
        kernel: 5,
        padding: paddingOf(problem),
        bias: true,
        output: square(28),
      }),
      build.convolution('features.3', { inputs: first, outputs: second, kernel: 5, bias: true, output: square(10) }),
      build.convolution('features.6', { inputs: second, outputs: third, kernel: 5, bias: true, output: square(1) }),
    ]
    return (x, context) =>
      layers.reduce((value, layer, index) => {
        const out = relu(layer(value, context))
        return index < 2 ? maxPool(out, 2, 2) : out
      }, x)
  })
  const fc0 = build.linear('fc.0', { inputs: third, outputs: hidden })
  const fc2 = build.linear('fc.2', { inputs: hidden, outputs: problem.classes })
  return (images, context) => {
    const activations = trunk.run(images, context)
    const features = relu(fc0(tf.reshape(activations.at(-1) ?? images, [-1, third]) as tf.Tensor2D, context))
    return { logits: fc2(features, context), activations, features }
  }
}

/**
 * LeNet-5 with ReLU and max pooling: three 5×5 convolutions, two linear layers. Activation: the features before the
 * linear layers.
 * Reference: LeCun et al. 1998; ABD cmi/datafree/models/classifiers/lenet.py. Differs: as many input channels as the
 * images have, not always one;
 * 28-pixel images are padded to 32.
 */
export const lenet = defineArchitecture({
  id: 'lenet',
  title: 'LeNet-5',
  summary: 'Three convolutions and two linear layers, for digits.',
  reference: {
    citation: 'LeCun et al. 1998, Gradient-based learning applied to document recognition',
    link: 'https://doi.org/10.1109/5.726791',
    place: 'ABD cmi/datafree/models/classifiers/lenet.py',
  },
  params,
  batchNorm: false,
  label: ({ half }) => `LeNet-5${half ? ' (half)' : ''}`,
  ...networkOf(define),
})
