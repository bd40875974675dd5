/** Layers as functions, and the list of their parameters under PyTorch's names. */
import * as tf from '@tensorflow/tfjs-core'
import {
  batchNorm,
  batchNormInference,
  channelMoments,
  composedBatchNorm,
  conv2d,
  depthwiseConv2d,
  globalAveragePool,
  upsampledConv2d,
} from '../ops'
import { normalValues, uniformValues } from './initial'
import type { InitialStream } from './initial'
import type { ForwardContext, Parameter, ParameterLayout, StateUpdate } from './types'

/** Weight of the new batch in running statistics: PyTorch's default momentum. */
const batchNormMomentum = 0.1

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
  /** Each pixel is doubled along both sides first (nn.Upsample(scale_factor=2)); for kernel 3, stride 1, padding 1. */
  readonly upsampled?: boolean
  /**
   * 'default': PyTorch's Conv2d, U(−1/√fanIn, 1/√fanIn) for weight and bias. 'fanOut': N(0, 2/(k²·outputs)), bias 0.
   * 'fanIn': N(0, 2/(k²·inputs)), bias 0.
   */
  readonly initial?: 'default' | 'fanOut' | 'fanIn'
  /** Height and width of what comes out, for the count of multiply-adds alone. */
  readonly output?: { readonly height: number; readonly width: number }
}

export interface LinearOptions {
  readonly inputs: number
  readonly outputs: number
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
  batchNorm(name: string, channels: number): ImageLayer
  linear(name: string, options: LinearOptions): VectorLayer
  /** Told after the layers of each activation, where somebody wants to know. */
  activation?(): void
  readonly parameters: readonly Parameter[]
  readonly buffers: readonly Parameter[]
  dispose(): void
}

/** What the pass reads in place of a parameter. */
export const valueOf = <T extends tf.Tensor>(parameter: Parameter, context: ForwardContext): T =>
  (context.substitutes?.get(parameter.variable) ?? parameter.variable) as unknown as T

/** The value that a variable will have after the updates asked for so far: two passes in one step chain. */
function pending(updates: readonly StateUpdate[], variable: tf.Variable): tf.Tensor {
  for (let index = updates.length - 1; index >= 0; index--) {
    const update = updates[index]
    if (update?.variable === variable) return update.value
  }
  return variable
}

/** Parameters in the order in which layers are asked for, which must be PyTorch's order of registration. */
export function createBuilder(stream: InitialStream): NetworkBuilder {
  const parameters: Parameter[] = []
  const buffers: Parameter[] = []

  const add = (
    list: Parameter[],
    name: string,
    layout: ParameterLayout,
    shape: readonly number[],
    values: Float32Array,
    image?: Parameter['image'],
  ): Parameter => {
    const initial = tf.tensor(values, [...shape], 'float32')
    const parameter: Parameter = {
      name,
      layout,
      variable: tf.variable(initial, list === parameters),
      ...(image ? { image } : {}),
    }
    initial.dispose()
    list.push(parameter)
    return parameter
  }

  return {
    parameters,
    buffers,
    dispose() {
      for (const { variable } of [...parameters, ...buffers]) variable.dispose()
    },

    convolution(name, options) {
      const {
        inputs,
        outputs,
        kernel,
        stride = 1,
        padding = 0,
        initial = 'default',
        depthwise = false,
        upsampled = false,
      } = options
      const fanIn = kernel * kernel * (depthwise ? 1 : inputs)
      const fanOut = kernel * kernel * outputs
      const count = fanIn * outputs
      const bound = 1 / Math.sqrt(fanIn)
      const values =
        initial === 'default'
          ? uniformValues(stream, count, bound)
          : normalValues(stream, count, Math.sqrt(2 / (initial === 'fanOut' ? fanOut : fanIn)))
      const shape = depthwise ? [kernel, kernel, outputs, 1] : [kernel, kernel, inputs, outputs]
      const weight = add(parameters, `${name}.weight`, depthwise ? 'depthwise' : 'convolution', shape, values)
      const bias =
        options.bias === true
          ? add(
              parameters,
              `${name}.bias`,
              'plain',
              [outputs],
              initial === 'default' ? uniformValues(stream, outputs, bound) : new Float32Array(outputs),
            )
          : undefined
      const convolve = depthwise ? depthwiseConv2d : conv2d
      return (x, context) => {
        const filter = valueOf<tf.Tensor4D>(weight, context)
        const y = upsampled ? upsampledConv2d(x, filter) : convolve(x, filter, { stride, padding })
        return bias ? tf.add(y, valueOf(bias, context)) : y
      }
    },

    batchNorm(name, channels) {
      const weight = add(parameters, `${name}.weight`, 'plain', [channels], new Float32Array(channels).fill(1))
      const bias = add(parameters, `${name}.bias`, 'plain', [channels], new Float32Array(channels))
      const runningMean = add(buffers, `${name}.running_mean`, 'plain', [channels], new Float32Array(channels))
      const runningVariance = add(
        buffers,
        `${name}.running_var`,
        'plain',
        [channels],
        new Float32Array(channels).fill(1),
      )
      const batches = add(buffers, `${name}.num_batches_tracked`, 'count', [], new Float32Array(1))
      return (x, context) => {
        const scale = valueOf<tf.Tensor1D>(weight, context)
        const offset = valueOf<tf.Tensor1D>(bias, context)
        const storedMean = runningMean.variable as unknown as tf.Tensor1D
        const storedVariance = runningVariance.variable as unknown as tf.Tensor1D
        context.statistics?.push({
          layer: name,
          ...channelMoments(x),
          runningMean: storedMean,
          runningVariance: storedVariance,
        })
        context.instanceMeans?.push(globalAveragePool(x))
        if (!context.training) return batchNormInference(x, scale, offset, storedMean, storedVariance)
        const normalized = (context.twiceDifferentiable ? composedBatchNorm : batchNorm)(x, scale, offset)
        const { updates } = context
        if (updates) {
          const blend = (variable: tf.Variable, value: tf.Tensor): void => {
            const old = pending(updates, variable)
            updates.push({
              variable,
              value: tf.add(tf.mul(old, 1 - batchNormMomentum), tf.mul(value, batchNormMomentum)),
            })
          }
          blend(runningMean.variable, normalized.mean)
          blend(runningVariance.variable, normalized.unbiasedVariance)
          updates.push({ variable: batches.variable, value: tf.add(pending(updates, batches.variable), 1) })
        }
        return normalized.output
      }
    },

    linear(name, options) {
      const { inputs, outputs, initial = 'default', image, fromImage } = options
      const bound = 1 / Math.sqrt(inputs)
      const deviation = initial === 'fanIn' ? Math.sqrt(2 / inputs) : initial
      const values =
        typeof deviation === 'number'
          ? normalValues(stream, inputs * outputs, deviation)
          : uniformValues(stream, inputs * outputs, bound)
      const layout = image ? 'linearToImage' : fromImage ? 'linearFromImage' : 'linear'
      const weight = add(parameters, `${name}.weight`, layout, [inputs, outputs], values, image ?? fromImage)
      const bias = add(
        parameters,
        `${name}.bias`,
        image ? 'biasToImage' : 'plain',
        [outputs],
        initial === 'default' || initial === 'fanIn'
          ? uniformValues(stream, outputs, bound)
          : new Float32Array(outputs),
        image,
      )
      return (x, context) => tf.add(tf.matMul(x, valueOf<tf.Tensor2D>(weight, context)), valueOf(bias, context))
    },
  }
}
