/** The post-activation residual units that ResNets of several code bases share; only the names around them differ. */
import * as tf from '@tensorflow/tfjs-core'
import type { ConvolutionOptions, ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { relu } from '../../maths/ops'

export interface Size {
  readonly height: number
  readonly width: number
}

/** Size after a stride with half-kernel padding. */
export const strided = ({ height, width }: Size, stride: number): Size => ({
  height: Math.ceil(height / stride),
  width: Math.ceil(width / stride),
})

export interface ResidualOptions {
  readonly inputs: number
  /** Channels inside the unit; what comes out has `expansion` times as many. */
  readonly planes: number
  readonly stride: number
  /** Size of what comes out. */
  readonly output: Size
  /** Size of what goes in. */
  readonly input: Size
  readonly initial: NonNullable<ConvolutionOptions['initial']>
  /** Makes the shortcut where size or channels change; called after the unit's own layers, as PyTorch registers it. */
  readonly shortcut: (inputs: number, outputs: number, stride: number) => ImageLayer
}

/** conv 3×3, BN, ReLU, conv 3×3, BN; added to the shortcut; ReLU. */
export function basicUnit(build: NetworkBuilder, name: string, options: ResidualOptions): ImageLayer {
  const { inputs, planes, stride, output, initial } = options
  const conv1 = build.convolution(`${name}.conv1`, {
    inputs,
    outputs: planes,
    kernel: 3,
    stride,
    padding: 1,
    initial,
    output,
  })
  const bn1 = build.batchNorm(`${name}.bn1`, planes)
  const conv2 = build.convolution(`${name}.conv2`, {
    inputs: planes,
    outputs: planes,
    kernel: 3,
    padding: 1,
    initial,
    output,
  })
  const bn2 = build.batchNorm(`${name}.bn2`, planes)
  const shortcut = stride !== 1 || inputs !== planes ? options.shortcut(inputs, planes, stride) : undefined
  return (x, context) => {
    const out = bn2(conv2(relu(bn1(conv1(x, context), context)), context), context)
    return relu(tf.add(out, shortcut ? shortcut(x, context) : x))
  }
}

const expansion = 4

/**
 * conv 1×1, BN, ReLU, conv 3×3 with the stride, BN, ReLU, conv 1×1 to four times the channels, BN; added to the
 * shortcut; ReLU.
 */
export function bottleneckUnit(build: NetworkBuilder, name: string, options: ResidualOptions): ImageLayer {
  const { inputs, planes, stride, input, output, initial } = options
  const outputs = planes * expansion
  const conv1 = build.convolution(`${name}.conv1`, { inputs, outputs: planes, kernel: 1, initial, output: input })
  const bn1 = build.batchNorm(`${name}.bn1`, planes)
  const conv2 = build.convolution(`${name}.conv2`, {
    inputs: planes,
    outputs: planes,
    kernel: 3,
    stride,
    padding: 1,
    initial,
    output,
  })
  const bn2 = build.batchNorm(`${name}.bn2`, planes)
  const conv3 = build.convolution(`${name}.conv3`, { inputs: planes, outputs, kernel: 1, initial, output })
  const bn3 = build.batchNorm(`${name}.bn3`, outputs)
  const shortcut = stride !== 1 || inputs !== outputs ? options.shortcut(inputs, outputs, stride) : undefined
  return (x, context) => {
    const inner = relu(bn2(conv2(relu(bn1(conv1(x, context), context)), context), context))
    return relu(tf.add(bn3(conv3(inner, context), context), shortcut ? shortcut(x, context) : x))
  }
}

/** A 1×1 convolution with batch norm, under `name`.0 and `name`.1. */
export function projection(
  build: NetworkBuilder,
  name: string,
  initial: ResidualOptions['initial'],
  output: Size,
): ResidualOptions['shortcut'] {
  return (inputs, outputs, stride) => {
    const convolution = build.convolution(`${name}.0`, { inputs, outputs, kernel: 1, stride, initial, output })
    const norm = build.batchNorm(`${name}.1`, outputs)
    return (x, context) => norm(convolution(x, context), context)
  }
}
