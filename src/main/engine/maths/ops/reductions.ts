import * as tf from '@tensorflow/tfjs-core'
import {
  defineOperation,
  execute,
  flag,
  floatType,
  indexType,
  single,
  tensorflowBackend,
  withIntegers,
} from './kernels'

const broadcastOperation = defineOperation<'x', { shape: readonly number[]; axes: readonly number[] }>({
  name: 'AbdBroadcast',
  run: ({ x }, { shape }) =>
    withIntegers(shape, (target) => execute('BroadcastTo', [floatType(), indexType('Tidx')], [x, target])),
  gradient: ([dy], _saved, { axes }) => ({ x: () => sumKept(dy as tf.Tensor, axes) }),
})

const sumOperation = defineOperation<'x', { axes: readonly number[]; shape: readonly number[] }>({
  name: 'AbdSum',
  run: ({ x }, { axes }) =>
    withIntegers(axes, (list) => execute('Sum', [floatType(), indexType('Tidx'), flag('keep_dims', true)], [x, list])),
  gradient: ([dy], _saved, { axes, shape }) => ({
    x: () => single(broadcastOperation({ x: dy as tf.Tensor }, { shape, axes })),
  }),
})

/** Σ over `axes`, which stay with extent 1. */
export const sumKept = (x: tf.Tensor, axes: readonly number[]): tf.Tensor =>
  single(sumOperation({ x }, { axes, shape: x.shape }))

let sumIsOnDevice = false

/**
 * Replaces tfjs's gradient of tf.sum, which multiplies with ones made on the host, by a broadcast on the device. Second
 * derivatives of
 * tf.add, tf.sub and tf.mul with broadcasting pass through tf.sum; a captured graph would hold those ones as constants
 * of the batch's size.
 */
export function keepSumGradientOnDevice(): void {
  if (sumIsOnDevice) return
  sumIsOnDevice = true
  tf.registerGradient({
    kernelName: tf.Sum,
    inputsToSave: ['x'],
    gradFunc: (dy, [x], attributes) => ({
      x: () => {
        const { shape } = x as tf.Tensor
        const axes = tf.util.parseAxisParam((attributes as unknown as tf.SumAttrs).axis, [...shape])
        const kept = shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
        return single(broadcastOperation({ x: tf.reshape(dy as tf.Tensor, kept) }, { shape, axes }))
      },
    }),
  })
}

const without = (shape: readonly number[], axes: readonly number[]): number[] =>
  shape.filter((_extent, axis) => !axes.includes(axis))
const allAxes = (x: tf.Tensor): number[] => x.shape.map((_extent, axis) => axis)
const product = (extents: readonly number[]): number => extents.reduce((total, extent) => total * extent, 1)

/**
 * Σ over `axes` (all by default; counted from 0), which go. Differentiable to any order.
 * Differs from tf.sum: its gradient multiplies with ones made on the host, which a captured graph would hold as a
 * constant of the input's size.
 */
export function sum<Result extends tf.Tensor = tf.Tensor>(x: tf.Tensor, axes: readonly number[] = allAxes(x)): Result {
  return tf.tidy(() => tf.reshape(sumKept(x, axes), without(x.shape, axes))) as unknown as Result
}

/** Mean over `axes` (all by default), which go. See {@link sum}. */
export function mean<Result extends tf.Tensor = tf.Tensor>(x: tf.Tensor, axes: readonly number[] = allAxes(x)): Result {
  return tf.tidy(() => tf.mul(sum(x, axes), 1 / product(axes.map((axis) => x.shape[axis] ?? 1)))) as unknown as Result
}

/** Mean over `axes`, which stay with extent 1. */
export function meanKept(x: tf.Tensor, axes: readonly number[]): tf.Tensor {
  return tf.tidy(() => tf.mul(sumKept(x, axes), 1 / product(axes.map((axis) => x.shape[axis] ?? 1))))
}

/** [N, H, W, C] → [N, C]: mean over the image (adaptive_avg_pool2d to 1). */
export const globalAveragePool = (x: tf.Tensor4D): tf.Tensor2D => mean<tf.Tensor2D>(x, [1, 2])

const zerosKernel = defineOperation<'x', object>({
  name: 'AbdZeros',
  run: ({ x }) => execute('ZerosLike', [floatType()], [x]),
  gradient: ([dy]) => ({ x: () => zerosLike(dy as tf.Tensor) }),
})

/** Zeros of the shape of `x`, made on the device. */
export const zerosLike = (x: tf.Tensor): tf.Tensor => single(zerosKernel({ x }, {}))

const detachOperation = defineOperation<never, { x: tf.Tensor }>({
  name: 'AbdDetach',
  run: (_inputs, { x }) => {
    tensorflowBackend().incRef(x.dataId)
    return { dataId: x.dataId, shape: x.shape, dtype: x.dtype }
  },
  gradient: () => ({}) as Record<never, () => tf.Tensor>,
})

/** The same value without a way back: gradients do not flow through (PyTorch's detach). */
export const detach = <T extends tf.Tensor>(x: T): T => single<T>(detachOperation({}, { x }))
