/** The inverted residual units that torchvision's mobile networks share: names, and what acts in them. */
import * as tf from '@tensorflow/tfjs-core'
import type { BatchNormOptions } from '../../maths/nn/batchNorm'
import type { ImageLayer, NetworkBuilder } from '../../maths/nn/builder'
import { dropout } from '../../maths/ops'
import type { ForwardContext } from '../../maths/nn/types'
import type { Size } from './residual'
import { squeezeExcitation, type SqueezeOptions } from './squeezeExcitation'
import { inSequence } from './stages'

/** The multiple of 8 nearest to `value`, at least 8 and not more than a tenth below it. */
export function toMultipleOf8(value: number): number {
  const rounded = Math.max(8, Math.floor((value + 4) / 8) * 8)
  return rounded < 0.9 * value ? rounded + 8 : rounded
}

type Activation = (x: tf.Tensor4D) => tf.Tensor4D

/** Names of a convolution and of the batch norm after it. */
export interface LayerNames {
  readonly convolution: string
  readonly norm: string
}

/** `name`.0 and `name`.1 */
export const inTurn = (name: string): LayerNames => ({ convolution: `${name}.0`, norm: `${name}.1` })

export interface LayerOptions {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: number
  readonly stride?: number
  readonly depthwise?: boolean
  readonly output: Size
  readonly norm?: BatchNormOptions
  readonly activation?: Activation
}

/** Convolution, batch norm, and an activation. */
export function normalizedConvolution(build: NetworkBuilder, names: LayerNames, options: LayerOptions): ImageLayer {
  const { norm: normOptions, activation, ...geometry } = options
  const convolution = build.convolution(names.convolution, {
    ...geometry,
    padding: (options.kernel - 1) / 2,
    initial: 'fanOut',
  })
  const norm = build.batchNorm(names.norm, options.outputs, normOptions)
  return (x, context) => {
    const out = norm(convolution(x, context), context)
    return activation ? activation(out) : out
  }
}

/** What the layers of a unit are called. */
export interface MobileUnitNames {
  readonly up: LayerNames
  readonly depthwise: LayerNames
  readonly squeeze: readonly [first: string, second: string]
  readonly down: LayerNames
}

/** `name`.block.0, .1 …, counted over the layers that are there; fc1 and fc2 where the squeeze is (torchvision). */
export function blockNames(name: string, has: { readonly up: boolean; readonly squeeze: boolean }): MobileUnitNames {
  const depthwise = has.up ? 1 : 0
  const part = (position: number): string => `${name}.block.${position}`
  return {
    up: inTurn(part(0)),
    depthwise: inTurn(part(depthwise)),
    squeeze: [`${part(depthwise + 1)}.fc1`, `${part(depthwise + 1)}.fc2`],
    down: inTurn(part(depthwise + (has.squeeze ? 2 : 1))),
  }
}

export interface MobileUnitOptions {
  readonly inputs: number
  /** Channels of the depthwise convolution. */
  readonly hidden: number
  readonly outputs: number
  readonly kernel: number
  readonly stride: number
  readonly activation: Activation
  readonly squeeze: SqueezeOptions | undefined
  readonly norm: BatchNormOptions
  readonly input: Size
  readonly output: Size
  /** What becomes of the unit's part in the sum; see {@link stochasticDepth}. */
  readonly dropped?: ImageLayer
}

/**
 * 1×1 up (where channels change), depthwise, squeeze and excitation (where wanted), 1×1 down without activation; added
 * to x where nothing changes.
 */
export function mobileUnit(build: NetworkBuilder, names: MobileUnitNames, options: MobileUnitOptions): ImageLayer {
  const { inputs, hidden, outputs, kernel, stride, activation, squeeze, norm, input, output, dropped } = options
  const layers: ImageLayer[] = []
  const common = { norm, output }
  if (hidden !== inputs)
    layers.push(
      normalizedConvolution(build, names.up, { inputs, outputs: hidden, kernel: 1, norm, activation, output: input }),
    )
  layers.push(
    normalizedConvolution(build, names.depthwise, {
      ...common,
      inputs: hidden,
      outputs: hidden,
      kernel,
      stride,
      depthwise: true,
      activation,
    }),
  )
  if (squeeze) layers.push(squeezeExcitation(build, names.squeeze, { ...squeeze, inputs: hidden, initial: 'fanOut' }))
  layers.push(normalizedConvolution(build, names.down, { ...common, inputs: hidden, outputs, kernel: 1 }))
  const body = inSequence(layers)
  if (stride !== 1 || inputs !== outputs) return body
  return (x, context) => {
    const out = body(x, context)
    return tf.add(x, dropped ? dropped(out, context) : out)
  }
}

/**
 * In training steps that bring a seed, a share `rate` of the images lose what a unit adds, and the others' is scaled by
 * 1/(1 − rate). Reference: Huang et al. 2016, arXiv:1603.09382; torchvision's StochasticDepth in its mode "row".
 */
export const stochasticDepth =
  (rate: number, layer: number): ImageLayer =>
  (x: tf.Tensor4D, { training, dropoutSeed }: ForwardContext) =>
    training && dropoutSeed && rate > 0
      ? tf.mul(x, dropout(tf.ones([x.shape[0], 1, 1, 1]), rate, dropoutSeed, layer))
      : x
