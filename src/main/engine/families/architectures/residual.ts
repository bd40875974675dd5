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

/** What the convolution and the batch norm at a place of a unit are called, from 0. */
export type UnitNames = (place: number) => readonly [convolution: string, batchNorm: string]

/** conv1, bn1, conv2 … */
export const numberedNames: UnitNames = (place) => [`conv${place + 1}`, `bn${place + 1}`]

export interface ResidualOptions {
  readonly inputs: number
  /** Channels inside the unit, of a basic unit also those that come out. */
  readonly planes: number
  readonly stride: number
  /** Size of what comes out. */
  readonly output: Size
  /** Size of what goes in. */
  readonly input: Size
  readonly initial: NonNullable<ConvolutionOptions['initial']>
  /** Default: `numberedNames`. */
  readonly names?: UnitNames
  /** Makes the shortcut where size or channels change; called after the unit's own layers, as PyTorch registers it. */
  readonly shortcut: (inputs: number, outputs: number, stride: number) => ImageLayer
}

export interface BottleneckOptions extends ResidualOptions {
  /** Channels that come out. */
  readonly outputs: number
  /** Of the 3×3 convolution. Default 1. */
  readonly groups?: number
}

type Normed = (place: number, options: ConvolutionOptions) => ImageLayer

/** Makes a unit's convolutions, each with its batch norm. */
function normedIn(build: NetworkBuilder, unit: string, { initial, names = numberedNames }: ResidualOptions): Normed {
  return (place, options) => {
    const [convolutionName, normName] = names(place)
    const convolution = build.convolution(`${unit}.${convolutionName}`, { ...options, initial })
    const norm = build.batchNorm(`${unit}.${normName}`, options.outputs)
    return (x, context) => norm(convolution(x, context), context)
  }
}

/** conv 3×3, BN, ReLU, conv 3×3, BN; added to the shortcut; ReLU. */
export function basicUnit(build: NetworkBuilder, name: string, options: ResidualOptions): ImageLayer {
  const { inputs, planes, stride, output } = options
  const normed = normedIn(build, name, options)
  const first = normed(0, { inputs, outputs: planes, kernel: 3, stride, padding: 1, output })
  const second = normed(1, { inputs: planes, outputs: planes, kernel: 3, padding: 1, output })
  const shortcut = stride !== 1 || inputs !== planes ? options.shortcut(inputs, planes, stride) : undefined
  return (x, context) => {
    const out = second(relu(first(x, context)), context)
    return relu(tf.add(out, shortcut ? shortcut(x, context) : x))
  }
}

/**
 * conv 1×1, BN, ReLU, conv 3×3 with stride and groups, BN, ReLU, conv 1×1, BN; added to the shortcut; ReLU.
 */
export function bottleneckUnit(build: NetworkBuilder, name: string, options: BottleneckOptions): ImageLayer {
  const { inputs, planes, outputs, groups, stride, input, output } = options
  const normed = normedIn(build, name, options)
  const first = normed(0, { inputs, outputs: planes, kernel: 1, output: input })
  const second = normed(1, { inputs: planes, outputs: planes, kernel: 3, stride, padding: 1, groups, output })
  const third = normed(2, { inputs: planes, outputs, kernel: 1, output })
  const shortcut = stride !== 1 || inputs !== outputs ? options.shortcut(inputs, outputs, stride) : undefined
  return (x, context) => {
    const inner = relu(second(relu(first(x, context)), context))
    return relu(tf.add(third(inner, context), shortcut ? shortcut(x, context) : x))
  }
}

export interface ProjectionOptions {
  readonly initial: ResidualOptions['initial']
  readonly output: Size
  /** Of the convolution and the batch norm. Default: 0 and 1. */
  readonly names?: ReturnType<UnitNames>
}

/** A 1×1 convolution with batch norm under `name`. */
export function projection(
  build: NetworkBuilder,
  name: string,
  { initial, output, names = ['0', '1'] }: ProjectionOptions,
): ResidualOptions['shortcut'] {
  return (inputs, outputs, stride) => {
    const convolution = build.convolution(`${name}.${names[0]}`, {
      inputs,
      outputs,
      kernel: 1,
      stride,
      initial,
      output,
    })
    const norm = build.batchNorm(`${name}.${names[1]}`, outputs)
    return (x, context) => norm(convolution(x, context), context)
  }
}
