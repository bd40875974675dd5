import type * as tf from '@tensorflow/tfjs-core'
import { defineOperation, execute, floatType, real, single } from './kernels'
import type { Operation } from './kernels'
import { zerosLike } from './reductions'

// The mask of a rectifier is constant almost everywhere, so its second derivative is zero and saved outputs (shared with the next layer) will do.

const reluGradient: Operation<'dy' | 'y', object> = defineOperation<'dy' | 'y', object>({
  name: 'AbdReluGradient', saveInputs: ['y'],
  run: ({ dy, y }) => execute('ReluGrad', [floatType()], [dy, y]),
  gradient: ([upstream], [y]) => ({
    dy: () => single(reluGradient({ dy: upstream as tf.Tensor, y: y as tf.Tensor }, {})),
    y: () => zerosLike(y as tf.Tensor),
  }),
})
const reluOperation: Operation<'x', object> = defineOperation<'x', object>({
  name: 'AbdRelu', saveOutputs: [true],
  run: ({ x }) => execute('Relu', [floatType()], [x]),
  gradient: ([dy], [y]) => ({ x: () => single(reluGradient({ dy: dy as tf.Tensor, y: y as tf.Tensor }, {})) }),
})

/** max(x, 0), one kernel each way. */
export const relu = <T extends tf.Tensor>(x: T): T => single<T>(reluOperation({ x }, {}))

const leakyReluGradient: Operation<'dy' | 'y', { slope: number }> = defineOperation<'dy' | 'y', { slope: number }>({
  name: 'AbdLeakyReluGradient', saveInputs: ['y'],
  run: ({ dy, y }, { slope }) => execute('LeakyReluGrad', [floatType(), real('alpha', slope)], [dy, y]),
  gradient: ([upstream], [y], attributes) => ({
    dy: () => single(leakyReluGradient({ dy: upstream as tf.Tensor, y: y as tf.Tensor }, attributes)),
    y: () => zerosLike(y as tf.Tensor),
  }),
})
const leakyReluOperation: Operation<'x', { slope: number }> = defineOperation<'x', { slope: number }>({
  name: 'AbdLeakyRelu', saveOutputs: [true],
  run: ({ x }, { slope }) => execute('LeakyRelu', [floatType(), real('alpha', slope)], [x]),
  gradient: ([dy], [y], attributes) => ({ x: () => single(leakyReluGradient({ dy: dy as tf.Tensor, y: y as tf.Tensor }, attributes)) }),
})

/** x where positive, slope·x elsewhere; 0 < slope < 1. */
export const leakyRelu = <T extends tf.Tensor>(x: T, slope: number): T => single<T>(leakyReluOperation({ x }, { slope }))
