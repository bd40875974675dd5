/** Batch norm over given parameters, in all modes of a pass. */
import * as tf from '@tensorflow/tfjs-core'
import {
  batchNorm,
  batchNormEpsilon,
  batchNormInference,
  channelMoments,
  composedBatchNorm,
  globalAveragePool,
} from '../ops'
import { valueOf } from './gathered'
import type { ForwardContext, Parameter, StateUpdate } from './types'

export interface BatchNormOptions {
  /** Added to the variance. Default: PyTorch's 1e-5. */
  readonly epsilon?: number
  /** Weight of the new batch in running statistics. Default: PyTorch's 0.1. */
  readonly momentum?: number
}

/** [C] each; `batches` is a scalar that counts. */
export interface BatchNormParameters {
  readonly weight: Parameter
  readonly bias: Parameter
  readonly runningMean: Parameter
  readonly runningVariance: Parameter
  readonly batches: Parameter
}

/** The value that a variable will have after the updates asked for so far: two passes in one step chain. */
function pending(updates: readonly StateUpdate[], variable: tf.Variable): tf.Tensor {
  for (let index = updates.length - 1; index >= 0; index--) {
    const update = updates[index]
    if (update?.variable === variable) return update.value
  }
  return variable
}

/** old · (1 − momentum) + value · momentum, asked for as an update. */
function blend(updates: StateUpdate[], { variable, value }: StateUpdate, momentum: number): void {
  const old = pending(updates, variable)
  updates.push({ variable, value: tf.add(tf.mul(old, 1 - momentum), tf.mul(value, momentum)) })
}

export function batchNormOver(
  name: string,
  { weight, bias, runningMean, runningVariance, batches }: BatchNormParameters,
  { epsilon = batchNormEpsilon, momentum = 0.1 }: BatchNormOptions = {},
): (x: tf.Tensor4D, context: ForwardContext) => tf.Tensor4D {
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
    if (!context.training) return batchNormInference(x, scale, offset, storedMean, storedVariance, epsilon)
    const normalized = (context.twiceDifferentiable ? composedBatchNorm : batchNorm)(x, scale, offset, epsilon)
    const { updates } = context
    if (updates) {
      blend(updates, { variable: runningMean.variable, value: normalized.mean }, momentum)
      blend(updates, { variable: runningVariance.variable, value: normalized.unbiasedVariance }, momentum)
      updates.push({ variable: batches.variable, value: tf.add(pending(updates, batches.variable), 1) })
    }
    return normalized.output
  }
}
