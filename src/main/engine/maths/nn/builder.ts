/** Layers as functions, and the list of their parameters under PyTorch's names. */
import * as tf from '@tensorflow/tfjs-core'
import { conv2d, depthwiseConv2d, upsampledConv2d } from '../ops'
import { batchNormOver, type BatchNormOptions } from './batchNorm'
import { makeParameter, plain, valueOf, type Gathered } from './gathered'
import { normalValues, uniformValues, type InitialStream } from './initial'
import { layerNormLayer, ownParameter } from './tokens'
import type { ForwardContext, Parameter } from './types'

export type ImageLayer = (x: tf.Tensor4D, context: ForwardContext) => tf.Tensor4D
export type VectorLayer = (x: tf.Tensor2D, context: ForwardContext) => tf.Tensor2D

export interface ConvolutionOptions {
  readonly inputs: number
  readonly outputs: number
  readonly kernel: number
  readonly stride?: number
  readonly padding?: number
  readonly bias?: boolean
  /** One filter per channel (groups = inputs = outputs). */
  readonly depthwise?: boolean
  /** Each of so many groups of outputs reads its own group of inputs. Default 1. */
  readonly groups?: number
  /** Each pixel is doubled along both sides first (nn.Upsample(scale_factor=2)); for kernel 3, stride 1, padding 1. */
  readonly upsampled?: boolean
  /**
   * 'default': PyTorch's Conv2d, U(−1/√fanIn, 1/√fanIn) for weight and bias, fanIn = k²·inputs/groups. 'fanOut': N(0,
   * 2/(k²·outputs)), bias 0. 'fanIn': N(0, 2/fanIn), bias 0.
   */
  readonly initial?: 'default' | 'fanOut' | 'fanIn'
  /** Height and width of what comes out, for the count of multiply-adds alone. */
  readonly output?: { readonly height: number; readonly width: number }
}

export interface LinearOptions {
  readonly inputs: number
  readonly outputs: number
  /** What stands between the layer's name and `weight` or `bias`. Default: a dot. */
  readonly separator?: '.' | '_'
  /** Vectors of one image, as of tokens; for the count of multiply-adds alone. Default 1. */
  readonly vectors?: number
  /**
   * 'default': PyTorch's Linear, U(−1/√inputs, 1/√inputs) for weight and bias. 'zeroBias': the same weight, bias 0.
   * 'fanIn': N(0, 2/inputs), default bias.
   * A number: N(0, number²), bias 0.
   */
  readonly initial?: 'default' | 'zeroBias' | 'fanIn' | number
  /** The outputs are an image [height, width, channels]: PyTorch orders them by channel, memory by pixel. */
  readonly image?: readonly [number, number, number]
  /** The inputs are an image [height, width, channels], flattened. */
  readonly fromImage?: readonly [number, number, number]
}

export interface NetworkBuilder {
  convolution(name: string, options: ConvolutionOptions): ImageLayer
  batchNorm(name: string, channels: number, options?: BatchNormOptions): ImageLayer
  linear(name: string, options: LinearOptions): VectorLayer
  /** Each vector of [N, width] by its own mean and variance. */
  layerNorm(name: string, width: number, epsilon: number): VectorLayer
  /** A parameter that is no layer's (a class token, a position embedding): N(0, deviation²); lies as in files. */
  parameter(name: string, shape: readonly number[], deviation: number): (context: ForwardContext) => tf.Tensor
  /** Told after the layers of each activation, where somebody wants to know. */
  activation?(): void
  readonly parameters: readonly Parameter[]
  readonly buffers: readonly Parameter[]
  dispose(): void
}

function convolutionLayer(gathered: Gathered, name: string, options: ConvolutionOptions): ImageLayer {
  const { inputs, outputs, kernel, stride = 1, padding = 0, initial = 'default' } = options
  const { depthwise = false, upsampled = false, groups = 1 } = options
  const { stream } = gathered
  const seen = depthwise ? 1 : inputs / groups
  const fanIn = kernel * kernel * seen
  const fanOut = kernel * kernel * outputs
  const count = fanIn * outputs
  const bound = 1 / Math.sqrt(fanIn)
  const weight = gathered.parameter({
    name: `${name}.weight`,
    layout: depthwise ? 'depthwise' : 'convolution',
    shape: depthwise ? [kernel, kernel, outputs, 1] : [kernel, kernel, seen, outputs],
    values:
      initial === 'default'
        ? uniformValues(stream, count, bound)
        : normalValues(stream, count, Math.sqrt(2 / (initial === 'fanOut' ? fanOut : fanIn))),
  })
  const bias =
    options.bias === true
      ? gathered.parameter(
          plain(
            `${name}.bias`,
            initial === 'default' ? uniformValues(stream, outputs, bound) : new Float32Array(outputs),
          ),
        )
      : undefined
  const convolve = depthwise ? depthwiseConv2d : conv2d
  return (x, context) => {
    const filter = valueOf<tf.Tensor4D>(weight, context)
    const y = upsampled ? upsampledConv2d(x, filter) : convolve(x, filter, { stride, padding })
    return bias ? tf.add(y, valueOf(bias, context)) : y
  }
}

function batchNormLayer(
  gathered: Gathered,
  name: string,
  channels: number,
  options: BatchNormOptions = {},
): ImageLayer {
  const ones = (): Float32Array => new Float32Array(channels).fill(1)
  const weight = gathered.parameter(plain(`${name}.weight`, ones()))
  const bias = gathered.parameter(plain(`${name}.bias`, new Float32Array(channels)))
  const runningMean = gathered.buffer(plain(`${name}.running_mean`, new Float32Array(channels)))
  const runningVariance = gathered.buffer(plain(`${name}.running_var`, ones()))
  const batches = gathered.buffer({
    name: `${name}.num_batches_tracked`,
    layout: 'count',
    shape: [],
    values: new Float32Array(1),
  })
  return batchNormOver(name, { weight, bias, runningMean, runningVariance, batches }, options)
}

function linearLayer(gathered: Gathered, name: string, options: LinearOptions): VectorLayer {
  const { inputs, outputs, initial = 'default', image, fromImage, separator = '.' } = options
  const { stream } = gathered
  const bound = 1 / Math.sqrt(inputs)
  const deviation = initial === 'fanIn' ? Math.sqrt(2 / inputs) : initial
  const arrangement = image ?? fromImage
  const weight = gathered.parameter({
    name: `${name}${separator}weight`,
    layout: image ? 'linearToImage' : fromImage ? 'linearFromImage' : 'linear',
    shape: [inputs, outputs],
    values:
      typeof deviation === 'number'
        ? normalValues(stream, inputs * outputs, deviation)
        : uniformValues(stream, inputs * outputs, bound),
    ...(arrangement ? { image: arrangement } : {}),
  })
  const bias = gathered.parameter(
    plain(
      `${name}${separator}bias`,
      initial === 'default' || initial === 'fanIn' ? uniformValues(stream, outputs, bound) : new Float32Array(outputs),
      image,
    ),
  )
  return (x, context) => tf.add(tf.matMul(x, valueOf<tf.Tensor2D>(weight, context)), valueOf(bias, context))
}

/** The layer, with its output handed through wherever a pass asks for that. */
const handedThrough =
  (name: string, layer: ImageLayer): ImageLayer =>
  (x, context) => {
    const output = layer(x, context)
    return context.through ? context.through(name, output) : output
  }

/** Parameters in the order in which layers are asked for, which must be PyTorch's order of registration. */
export function createBuilder(stream: InitialStream): NetworkBuilder {
  const parameters: Parameter[] = []
  const buffers: Parameter[] = []
  const keep = (list: Parameter[], parameter: Parameter): Parameter => {
    list.push(parameter)
    return parameter
  }
  const gathered: Gathered = {
    stream,
    parameter: (made) => keep(parameters, makeParameter(made, true)),
    buffer: (made) => keep(buffers, makeParameter(made, false)),
  }
  return {
    parameters,
    buffers,
    dispose() {
      for (const { variable } of [...parameters, ...buffers]) variable.dispose()
    },
    convolution: (name, options) => handedThrough(name, convolutionLayer(gathered, name, options)),
    batchNorm: (name, channels, options) => handedThrough(name, batchNormLayer(gathered, name, channels, options)),
    linear: (name, options) => linearLayer(gathered, name, options),
    layerNorm: (name, width, epsilon) => layerNormLayer(gathered, name, width, epsilon),
    parameter: (name, shape, deviation) => ownParameter(gathered, name, shape, deviation),
  }
}
