import * as tf from '@tensorflow/tfjs-core'
import {
  defineOperation,
  execute,
  floatType,
  integers,
  single,
  text,
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
