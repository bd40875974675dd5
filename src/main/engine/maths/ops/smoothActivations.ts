/** Activations without kinks, or with the few of their pieces. Each saves its input: see softmax.ts. */
import * as tf from '@tensorflow/tfjs-core'
import { relu6 } from './activations'
import { defineOperation, execute, floatType, single } from './kernels'

const sigmoidOperation = defineOperation<'x', object>({
  name: 'AbdSigmoid',
  saveInputs: ['x'],
  run: ({ x }) => execute('Sigmoid', [floatType()], [x]),
  gradient: ([dy], [x]) => ({
    x: () => {
      const y = sigmoid(x as tf.Tensor)
      return tf.mul(dy as tf.Tensor, tf.mul(y, tf.sub(1, y)))
    },
  }),
})

/** 1 / (1 + e⁻ˣ). Differentiable to any order. */
export const sigmoid = <T extends tf.Tensor>(x: T): T => single<T>(sigmoidOperation({ x }, {}))

const siluOperation = defineOperation<'x', object>({
  name: 'AbdSilu',
  saveInputs: ['x'],
  run: ({ x }) => tf.tidy(() => tf.mul(x, execute('Sigmoid', [floatType()], [x]))),
  gradient: ([dy], [input]) => ({
    x: () => {
      const x = input as tf.Tensor
      const gate = sigmoid(x)
      return tf.mul(dy as tf.Tensor, tf.mul(gate, tf.add(tf.mul(x, tf.sub(1, gate)), 1)))
    },
  }),
})

/** x · sigmoid(x), also called swish (torch.nn.SiLU). Differentiable to any order. */
export const silu = <T extends tf.Tensor>(x: T): T => single<T>(siluOperation({ x }, {}))

/** min(max(x + 3, 0), 6) / 6 (torch.nn.Hardsigmoid). First and second derivatives. */
export const hardSigmoid = <T extends tf.Tensor>(x: T): T => tf.tidy(() => tf.mul(relu6(tf.add(x, 3)), 1 / 6))

/** x · hardSigmoid(x) (torch.nn.Hardswish). First and second derivatives. */
export const hardSwish = <T extends tf.Tensor>(x: T): T => tf.tidy(() => tf.mul(x, hardSigmoid(x)))

/** φ(x) = e^(−x²/2) / √(2π). */
const normalDensityOperation = defineOperation<'x', object>({
  name: 'AbdNormalDensity',
  saveInputs: ['x'],
  run: ({ x }) =>
    tf.tidy(() => tf.mul(execute('Exp', [floatType()], [tf.mul(tf.mul(x, x), -0.5)]), 1 / Math.sqrt(2 * Math.PI))),
  gradient: ([dy], [input]) => ({
    x: () => {
      const x = input as tf.Tensor
      return tf.mul(dy as tf.Tensor, tf.neg(tf.mul(x, normalDensity(x))))
    },
  }),
})
const normalDensity = (x: tf.Tensor): tf.Tensor => single(normalDensityOperation({ x }, {}))

/** Φ(x) = (1 + erf(x/√2)) / 2. */
const normalDistributionOperation = defineOperation<'x', object>({
  name: 'AbdNormalDistribution',
  saveInputs: ['x'],
  run: ({ x }) => tf.tidy(() => tf.mul(tf.add(execute('Erf', [floatType()], [tf.mul(x, Math.SQRT1_2)]), 1), 0.5)),
  gradient: ([dy], [x]) => ({ x: () => tf.mul(dy as tf.Tensor, normalDensity(x as tf.Tensor)) }),
})

/** x · Φ(x) with the exact distribution, not its tanh approximation (torch.nn.GELU). Differentiable to any order. */
export const gelu = <T extends tf.Tensor>(x: T): T =>
  tf.tidy(() => tf.mul(x, single(normalDistributionOperation({ x }, {}))))

const expOperation = defineOperation<'x', object>({
  name: 'AbdExp',
  saveInputs: ['x'],
  run: ({ x }) => execute('Exp', [floatType()], [x]),
  gradient: ([dy], [x]) => ({ x: () => tf.mul(dy as tf.Tensor, exp(x as tf.Tensor)) }),
})

/** eˣ. Differentiable to any order. */
export const exp = <T extends tf.Tensor>(x: T): T => single<T>(expOperation({ x }, {}))

const tanhOperation = defineOperation<'x', object>({
  name: 'AbdTanh',
  saveInputs: ['x'],
  run: ({ x }) => execute('Tanh', [floatType()], [x]),
  gradient: ([dy], [x]) => ({
    x: () => {
      const y = tanh(x as tf.Tensor)
      return tf.mul(dy as tf.Tensor, tf.sub(1, tf.mul(y, y)))
    },
  }),
})

/** Hyperbolic tangent. Differentiable to any order. */
export const tanh = <T extends tf.Tensor>(x: T): T => single<T>(tanhOperation({ x }, {}))

const erfOperation = defineOperation<'x', object>({
  name: 'AbdErf',
  saveInputs: ['x'],
  run: ({ x }) => execute('Erf', [floatType()], [x]),
  gradient: ([dy], [input]) => ({
    x: () => {
      const x = input as tf.Tensor
      return tf.mul(dy as tf.Tensor, tf.mul(exp(tf.neg(tf.mul(x, x))), 2 / Math.sqrt(Math.PI)))
    },
  }),
})

/** 2/√π ∫₀ˣ e^(−t²) dt. Differentiable to any order. */
export const erf = <T extends tf.Tensor>(x: T): T => single<T>(erfOperation({ x }, {}))
