import * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, executeMany, flag, floatType, real, single, text } from './kernels'
import { keepSumGradientOnDevice, mean, meanKept, sum } from './reductions'

/** PyTorch's default ε of BatchNorm2d. */
export const batchNormEpsilon = 1e-5

interface NormAttributes {
  readonly epsilon: number
}

const attributesOf = (epsilon: number, training: boolean) => [
  floatType(),
  floatType('U'),
  real('epsilon', epsilon),
  text('data_format', 'NHWC'),
  flag('is_training', training),
]

/**
 * FusedBatchNormGradV3 sums over the batch in ways of its own; it has no second derivative here: see composedBatchNorm.
 */
const fusedGradient = defineOperation<'dy' | 'x' | 'scale' | 'reserve1' | 'reserve2' | 'reserve3', NormAttributes>({
  name: 'AbdBatchNormGradient',
  run: ({ dy, x, scale, reserve1, reserve2, reserve3 }, { epsilon }) => {
    const [dx, dScale, dOffset, ...rest] = executeMany(
      'FusedBatchNormGradV3',
      attributesOf(epsilon, true),
      [dy, x, scale, reserve1, reserve2, reserve3],
      5,
    )
    for (const unused of rest) unused.dispose()
    return [dx as tf.Tensor, dScale as tf.Tensor, dOffset as tf.Tensor]
  },
})

const fused = defineOperation<'x' | 'scale' | 'offset', NormAttributes>({
  name: 'AbdBatchNorm',
  saveInputs: ['x', 'scale'],
  saveOutputs: [false, false, false, true, true, true],
  run: ({ x, scale, offset }, { epsilon }) => {
    const empty = tf.tensor1d([], 'float32')
    const outputs = executeMany(
      'FusedBatchNormV3',
      [...attributesOf(epsilon, true), real('exponential_avg_factor', 1)],
      [x, scale, offset, empty, empty],
      6,
    )
    empty.dispose()
    return outputs
  },
  gradient: ([dy], [x, scale, reserve1, reserve2, reserve3], attributes) => {
    const [dx, dScale, dOffset] = fusedGradient(
      {
        dy: dy as tf.Tensor,
        x: x as tf.Tensor,
        scale: scale as tf.Tensor,
        reserve1: reserve1 as tf.Tensor,
        reserve2: reserve2 as tf.Tensor,
        reserve3: reserve3 as tf.Tensor,
      },
      attributes,
    )
    return {
      x: () => (dx as tf.Tensor).clone(),
      scale: () => (dScale as tf.Tensor).clone(),
      offset: () => (dOffset as tf.Tensor).clone(),
    }
  },
})

export interface NormalizedBatch {
  readonly output: tf.Tensor4D
  /** [C] mean over N, H, W. No gradient flows through it. */
  readonly mean: tf.Tensor1D
  /**
   * [C] variance with N·H·W − 1 in the denominator, what PyTorch's running variance takes. No gradient flows through
   * it.
   */
  readonly unbiasedVariance: tf.Tensor1D
}

/**
 * Training-mode batch normalisation of [N, H, W, C]: y = (x − μ) / √(σ² + ε) · scale + offset with the batch's μ and
 * biased σ².
 * One fused kernel each way; first derivatives only.
 */
export function batchNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon = batchNormEpsilon,
): NormalizedBatch {
  const [output, batchMean, variance, ...rest] = fused({ x, scale, offset }, { epsilon })
  for (const unused of rest) unused.dispose()
  return { output: output as tf.Tensor4D, mean: batchMean as tf.Tensor1D, unbiasedVariance: variance as tf.Tensor1D }
}

/** The same out of kernels that can be differentiated any number of times; several times slower. */
export function composedBatchNorm(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  epsilon = batchNormEpsilon,
): NormalizedBatch {
  keepSumGradientOnDevice()
  const [output, batchMean, variance] = tf.tidy(() => {
    const average = meanKept(x, [0, 1, 2])
    const centered = tf.sub(x, average)
    const biased = meanKept(tf.mul(centered, centered), [0, 1, 2])
    const factor = tf.mul(tf.rsqrt(tf.add(biased, epsilon)), scale)
    const count = x.size / x.shape[3]
    return [
      tf.add(tf.mul(centered, factor), offset),
      tf.reshape(average, [-1]),
      tf.mul(tf.reshape(biased, [-1]), count / Math.max(1, count - 1)),
    ]
  })
  return { output: output as tf.Tensor4D, mean: batchMean as tf.Tensor1D, unbiasedVariance: variance as tf.Tensor1D }
}

const inference = defineOperation<'x' | 'scale' | 'offset' | 'mean' | 'variance', NormAttributes>({
  name: 'AbdBatchNormInference',
  saveInputs: ['x', 'scale', 'mean', 'variance'],
  run: ({ x, scale, offset, mean: center, variance }, { epsilon }) => {
    const [y, ...rest] = executeMany(
      'FusedBatchNormV3',
      attributesOf(epsilon, false),
      [x, scale, offset, center, variance],
      6,
    )
    for (const unused of rest) unused.dispose()
    return y as tf.Tensor
  },
  gradient: ([upstream], [x, scale, center, variance], { epsilon }) => {
    const dy = upstream as tf.Tensor
    const factor = (): tf.Tensor => tf.rsqrt(tf.add(variance as tf.Tensor, epsilon))
    const constant = (what: string) => (): tf.Tensor => {
      throw new Error(`Stored batch-norm statistics (${what}) are constants; nothing can be differentiated by them.`)
    }
    return {
      x: () => tf.mul(dy, tf.mul(factor(), scale as tf.Tensor)),
      scale: () => sum(tf.mul(dy, tf.mul(tf.sub(x as tf.Tensor, center as tf.Tensor), factor())), [0, 1, 2]),
      offset: () => sum(dy, [0, 1, 2]),
      mean: constant('mean'),
      variance: constant('variance'),
    }
  },
})

/**
 * Evaluation-mode batch normalisation with stored statistics: y = (x − mean) / √(variance + ε) · scale + offset.
 * Differentiable to any order.
 */
export function batchNormInference(
  x: tf.Tensor4D,
  scale: tf.Tensor1D,
  offset: tf.Tensor1D,
  center: tf.Tensor1D,
  variance: tf.Tensor1D,
  epsilon = batchNormEpsilon,
): tf.Tensor4D {
  return single<tf.Tensor4D>(inference({ x, scale, offset, mean: center, variance }, { epsilon }))
}

const momentsOperation = defineOperation<'x', object>({
  name: 'AbdMoments',
  saveInputs: ['x'],
  run: ({ x }) =>
    tf.tidy(() => {
      const average = tf.reshape(meanKept(x, [0, 1, 2]), [-1])
      const squares = execute('SquaredDifference', [floatType()], [x, average])
      return [average, mean(squares, [0, 1, 2])]
    }),
  gradient: ([dMean, dVariance], [input]) => ({
    x: () => {
      // d/dx of mean and variance together: (dMean + 2 · dVariance · (x − mean)) / n, as one scale and one shift per
      // channel.
      const x = input as tf.Tensor4D
      const count = x.size / x.shape[3]
      const slope = tf.mul(dVariance as tf.Tensor, 2 / count)
      const shift = tf.sub(
        tf.mul(dMean as tf.Tensor, 1 / count),
        tf.mul(slope, tf.reshape(meanKept(x, [0, 1, 2]), [-1])),
      )
      return tf.add(tf.mul(x, slope), shift)
    },
  }),
})

/** [C] mean and biased variance over N, H, W of [N, H, W, C]; differentiable. */
export function channelMoments(x: tf.Tensor4D): { mean: tf.Tensor1D; variance: tf.Tensor1D } {
  const [average, variance] = momentsOperation({ x }, {})
  return { mean: average as tf.Tensor1D, variance: variance as tf.Tensor1D }
}
