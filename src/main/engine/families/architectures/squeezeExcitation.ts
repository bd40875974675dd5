import * as tf from '@tensorflow/tfjs-core'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { globalAveragePool, relu, sigmoid } from '../../maths/ops'

export interface SqueezeOptions {
  readonly channels: number
  /** Channels between the two convolutions. */
  readonly squeezed: number
  /** Between the two. Default ReLU. */
  readonly activation?: (x: tf.Tensor4D) => tf.Tensor4D
  /** Of what scales the channels. Default sigmoid. */
  readonly gate?: (x: tf.Tensor4D) => tf.Tensor4D
}

/**
 * Squeeze and excitation: x · gate(fc2(activation(fc1(means of x)))), a factor for each channel of each image; fc1 and
 * fc2 are 1×1 convolutions with biases.
 * Reference: Hu et al. 2018, Squeeze-and-Excitation Networks, arXiv:1709.01507.
 */
export function squeezeExcitation(
  build: NetworkBuilder,
  name: string,
  { channels, squeezed, activation = relu, gate = sigmoid }: SqueezeOptions,
): ImageLayer {
  const common = { kernel: 1, bias: true }
  const fc1 = build.convolution(`${name}.fc1`, { ...common, inputs: channels, outputs: squeezed })
  const fc2 = build.convolution(`${name}.fc2`, { ...common, inputs: squeezed, outputs: channels })
  return (x, context) => {
    const means = tf.reshape(globalAveragePool(x), [x.shape[0], 1, 1, channels]) as tf.Tensor4D
    return tf.mul(x, gate(fc2(activation(fc1(means, context)), context)))
  }
}
