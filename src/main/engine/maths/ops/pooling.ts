import * as tf from '@tensorflow/tfjs-core'
import {
  defineOperation,
  execute,
  floatType,
  integers,
  single,
  text,
  withIntegers,
  type KernelAttribute,
  type Operation,
} from './kernels'

interface PoolAttributes {
  readonly size: number
  readonly stride: number
}

const attributesOf = ({ size, stride }: PoolAttributes): KernelAttribute[] => [
  floatType(),
  integers('ksize', [1, size, size, 1]),
  integers('strides', [1, stride, stride, 1]),
  text('padding', 'VALID'),
  text('data_format', 'NHWC'),
]

// Which element is the largest is constant almost everywhere, so values saved of it carry no further derivative.
const gradientOfGradient: Operation<'x' | 'y' | 'upstream', PoolAttributes> = defineOperation<
  'x' | 'y' | 'upstream',
  PoolAttributes
>({
  name: 'AbdMaxPoolGradientOfGradient',
  run: ({ x, y, upstream }, attributes) => execute('MaxPoolGradGrad', attributesOf(attributes), [x, y, upstream]),
})
const gradient: Operation<'dy', PoolAttributes & { x: tf.Tensor; y: tf.Tensor }> = defineOperation<
  'dy',
  PoolAttributes & { x: tf.Tensor; y: tf.Tensor }
>({
  name: 'AbdMaxPoolGradient',
  run: ({ dy }, { x, y, ...attributes }) => execute('MaxPoolGrad', attributesOf(attributes), [x, y, dy]),
  gradient: ([upstream], _saved, { x, y, ...attributes }) => ({
    dy: () => single(gradientOfGradient({ x, y, upstream: upstream as tf.Tensor }, attributes)),
  }),
})
const maxPoolOperation = defineOperation<'x', PoolAttributes>({
  name: 'AbdMaxPool',
  saveInputs: ['x'],
  saveOutputs: [true],
  run: ({ x }, attributes) => execute('MaxPool', attributesOf(attributes), [x]),
  gradient: ([dy], [x, y], attributes) => ({
    x: () => single(gradient({ dy: dy as tf.Tensor }, { ...attributes, x: x as tf.Tensor, y: y as tf.Tensor })),
  }),
})

/**
 * Largest value of each size × size window (torch.nn.MaxPool2d without ceil_mode). First and second derivatives.
 * @param padding zeros on each side: for inputs that are nowhere negative, where they stand for PyTorch's −∞
 */
export function maxPool(x: tf.Tensor4D, size: number, stride: number, padding = 0): tf.Tensor4D {
  const padded =
    padding === 0
      ? x
      : tf.pad(x, [
          [0, 0],
          [padding, padding],
          [padding, padding],
          [0, 0],
        ])
  return single<tf.Tensor4D>(maxPoolOperation({ x: padded }, { size, stride }))
}

/**
 * The same with windows that reach over the end, so that every pixel is in one (ceil_mode); for inputs that are nowhere
 * negative, as the zeros there stand for PyTorch's −∞. First and second derivatives.
 */
export function coveringMaxPool(x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D {
  const beyond = (extent: number): number => Math.max(0, Math.ceil((extent - size) / stride)) * stride + size - extent
  const [bottom, right] = [beyond(x.shape[1]), beyond(x.shape[2])]
  if (bottom === 0 && right === 0) return maxPool(x, size, stride)
  return tf.tidy(() =>
    maxPool(
      tf.pad(x, [
        [0, 0],
        [0, bottom],
        [0, right],
        [0, 0],
      ]),
      size,
      stride,
    ),
  )
}

const averageGradient: Operation<'dy', PoolAttributes & { inputShape: readonly number[] }> = defineOperation<
  'dy',
  PoolAttributes & { inputShape: readonly number[] }
>({
  name: 'AbdAveragePoolGradient',
  run: ({ dy }, { inputShape, ...attributes }) =>
    withIntegers(inputShape, (shape) => execute('AvgPoolGrad', attributesOf(attributes), [shape, dy])),
  gradient: ([upstream], _saved, { size, stride }) => ({
    dy: () => averagePool(upstream as tf.Tensor4D, size, stride),
  }),
})
const averageOperation = defineOperation<'x', PoolAttributes & { inputShape: readonly number[] }>({
  name: 'AbdAveragePool',
  run: ({ x }, attributes) => execute('AvgPool', attributesOf(attributes), [x]),
  gradient: ([dy], _saved, attributes) => ({ x: () => single(averageGradient({ dy: dy as tf.Tensor }, attributes)) }),
})

/** Mean of each size × size window that lies within the image (torch.nn.AvgPool2d). Differentiable to any order. */
export const averagePool = (x: tf.Tensor4D, size: number, stride: number): tf.Tensor4D =>
  single<tf.Tensor4D>(averageOperation({ x }, { size, stride, inputShape: x.shape }))

/** [places, extent]: place i averages ⌊i·extent/places⌋ … ⌈(i + 1)·extent/places⌉. */
function averagingMatrix(extent: number, places: number): tf.Tensor3D {
  const rows = Array.from({ length: places }, (_, place) => {
    const [start, end] = [Math.floor((place * extent) / places), Math.ceil(((place + 1) * extent) / places)]
    return Array.from({ length: extent }, (_unused, at) => (at >= start && at < end ? 1 / (end - start) : 0))
  })
  return tf.tensor3d([rows])
}

/**
 * [N, H, W, C] → [N, places, places, C]: means over windows that cover the image evenly, overlapping or, of an image
 * with fewer pixels, the same ones several times (torch.nn.AdaptiveAvgPool2d). Differentiable to any order.
 */
export function adaptiveAveragePool(x: tf.Tensor4D, places: number): tf.Tensor4D {
  const [images, height, width, channels] = x.shape
  if (height === places && width === places) return x
  return tf.tidy(() => {
    const rows = tf.matMul(averagingMatrix(height, places), tf.reshape(x, [images, height, width * channels]))
    const columns = tf.matMul(averagingMatrix(width, places), tf.reshape(rows, [images * places, width, channels]))
    return tf.reshape(columns, [images, places, places, channels])
  })
}
