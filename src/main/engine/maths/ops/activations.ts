import * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, floatType, real, single, type Operation } from './kernels'
import { zerosLike } from './reductions'

// The mask of a rectifier is constant almost everywhere, so its second derivative is zero and saved outputs (shared
// with the next layer) will do.

const reluGradient: Operation<'dy' | 'y', object> = defineOperation<'dy' | 'y', object>({
  name: 'AbdReluGradient',
  saveInputs: ['y'],
  run: ({ dy, y }) => execute('ReluGrad', [floatType()], [dy, y]),
  gradient: ([upstream], [y]) => ({
    dy: () => single(reluGradient({ dy: upstream as tf.Tensor, y: y as tf.Tensor }, {})),
    y: () => zerosLike(y as tf.Tensor),
  }),
})
const reluOperation: Operation<'x', object> = defineOperation<'x', object>({
  name: 'AbdRelu',
  saveOutputs: [true],
  run: ({ x }) => execute('Relu', [floatType()], [x]),
  gradient: ([dy], [y]) => ({ x: () => single(reluGradient({ dy: dy as tf.Tensor, y: y as tf.Tensor }, {})) }),
})

/** max(x, 0), one kernel each way. */
export const relu = <T extends tf.Tensor>(x: T): T => single<T>(reluOperation({ x }, {}))

const leakyReluGradient: Operation<'dy' | 'y', { slope: number }> = defineOperation<'dy' | 'y', { slope: number }>({
  name: 'AbdLeakyReluGradient',
  saveInputs: ['y'],
  run: ({ dy, y }, { slope }) => execute('LeakyReluGrad', [floatType(), real('alpha', slope)], [dy, y]),
  gradient: ([upstream], [y], attributes) => ({
    dy: () => single(leakyReluGradient({ dy: upstream as tf.Tensor, y: y as tf.Tensor }, attributes)),
    y: () => zerosLike(y as tf.Tensor),
  }),
})
const leakyReluOperation: Operation<'x', { slope: number }> = defineOperation<'x', { slope: number }>({
  name: 'AbdLeakyRelu',
  saveOutputs: [true],
  run: ({ x }, { slope }) => execute('LeakyRelu', [floatType(), real('alpha', slope)], [x]),
  gradient: ([dy], [y], attributes) => ({
    x: () => single(leakyReluGradient({ dy: dy as tf.Tensor, y: y as tf.Tensor }, attributes)),
  }),
})

/** x where positive, slope·x elsewhere; 0 < slope < 1. */
export const leakyRelu = <T extends tf.Tensor>(x: T, slope: number): T =>
  single<T>(leakyReluOperation({ x }, { slope }))

const relu6Gradient: Operation<'dy' | 'y', object> = defineOperation<'dy' | 'y', object>({
  name: 'AbdRelu6Gradient',
  saveInputs: ['y'],
  run: ({ dy, y }) => execute('Relu6Grad', [floatType()], [dy, y]),
  gradient: ([upstream], [y]) => ({
    dy: () => single(relu6Gradient({ dy: upstream as tf.Tensor, y: y as tf.Tensor }, {})),
    y: () => zerosLike(y as tf.Tensor),
  }),
})
const relu6Operation = defineOperation<'x', object>({
  name: 'AbdRelu6',
  saveOutputs: [true],
  run: ({ x }) => execute('Relu6', [floatType()], [x]),
  gradient: ([dy], [y]) => ({ x: () => single(relu6Gradient({ dy: dy as tf.Tensor, y: y as tf.Tensor }, {})) }),
})

/** min(max(x, 0), 6). */
export const relu6 = <T extends tf.Tensor>(x: T): T => single<T>(relu6Operation({ x }, {}))

const eluGradient: Operation<'dy' | 'y', object> = defineOperation<'dy' | 'y', object>({
  name: 'AbdEluGradient',
  saveInputs: ['dy', 'y'],
  run: ({ dy, y }) => execute('EluGrad', [floatType()], [dy, y]),
  gradient: ([upstream], [dy, y]) => ({
    dy: () => single(eluGradient({ dy: upstream as tf.Tensor, y: y as tf.Tensor }, {})),
    y: () => tf.mul(tf.mul(upstream as tf.Tensor, dy as tf.Tensor), tf.cast(tf.less(y as tf.Tensor, 0), 'float32')),
  }),
})
const eluOperation: Operation<'x', object> = defineOperation<'x', object>({
  // The input is saved, not the output: unlike a rectifier's, this slope has a derivative.
  name: 'AbdElu',
  saveInputs: ['x'],
  run: ({ x }) => execute('Elu', [floatType()], [x]),
  gradient: ([dy], [x]) => ({ x: () => single(eluGradient({ dy: dy as tf.Tensor, y: elu(x as tf.Tensor) }, {})) }),
})

/** x where positive, eˣ − 1 elsewhere. First and second derivatives. */
export const elu = <T extends tf.Tensor>(x: T): T => single<T>(eluOperation({ x }, {}))
