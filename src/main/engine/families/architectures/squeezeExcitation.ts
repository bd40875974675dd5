import * as tf from '@tensorflow/tfjs-core'
import type { ConvolutionOptions, ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { meanKept } from '../../maths/ops'

export interface SqueezeOptions {
  /** Between the two 1×1 convolutions. */
  readonly channels: number
  readonly activation: (x: tf.Tensor4D) => tf.Tensor4D
  /** What makes factors of 0 … 1 of what comes out. */
  readonly gate: (x: tf.Tensor4D) => tf.Tensor4D
}

/**
 * Squeeze and excitation: each channel times a factor that follows from the means of all channels, x ·
 * gate(fc2(activation(fc1(means of x)))). Both convolutions have biases.
 * Reference: Hu et al. 2018, arXiv:1709.01507.
 */
export function squeezeExcitation(
  build: NetworkBuilder,
  [first, second]: readonly [string, string],
  options: SqueezeOptions & Pick<ConvolutionOptions, 'inputs' | 'initial'>,
): ImageLayer {
  const { inputs, channels, activation, gate, initial } = options
  // Without an output: they see one pixel, which is nobody's level.
  const common = { kernel: 1, bias: true, ...(initial ? { initial } : {}) }
  const fc1 = build.convolution(first, { ...common, inputs, outputs: channels })
  const fc2 = build.convolution(second, { ...common, inputs: channels, outputs: inputs })
  return (x, context) => {
    const means = meanKept(x, [1, 2]) as tf.Tensor4D
    return tf.mul(x, gate(fc2(activation(fc1(means, context)), context)))
  }
}
