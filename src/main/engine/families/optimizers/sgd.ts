import * as tf from '@tensorflow/tfjs-core'
import type { Parameter } from '../../maths/nn/types'
import { flatParameters, flattenGradients, parameterCount, subtractFlat } from '../../maths/nn/gradients'
import { number } from '../../../../shared/schema'
import { weightDecay } from './fields'
import { defineOptimizer, type Optimizer } from './types'

export interface SgdOptions {
  readonly momentum?: number
  /** Coupled: λθ is added to the gradient before momentum. */
  readonly weightDecay?: number
}

/**
 * Stochastic gradient descent as torch.optim.SGD: d = g + λθ, b ← μb + d, θ ← θ − lr · b. Defaults μ 0, λ 0; no
 * dampening, no Nesterov.
 * Slot: `momentum` (b, from zero), absent where μ is 0.
 */
export function createSgd(parameters: readonly Parameter[], options: SgdOptions = {}): Optimizer {
  const { momentum = 0, weightDecay = 0 } = options
  const buffer = momentum > 0 ? tf.tidy(() => tf.variable(tf.zeros([parameterCount(parameters)]), false)) : undefined
  return {
    slots: buffer ? { momentum: buffer } : {},
    apply(gradients, learningRate) {
      tf.tidy(() => {
        let direction: tf.Tensor = flattenGradients(gradients)
        if (weightDecay > 0) direction = tf.add(direction, tf.mul(flatParameters(parameters), weightDecay))
        if (buffer) {
          direction = tf.add(tf.mul(buffer, momentum), direction)
          buffer.assign(direction as tf.Tensor1D)
        }
        subtractFlat(parameters, tf.mul(direction, learningRate) as tf.Tensor1D)
      })
    },
    dispose: () => buffer?.dispose(),
  }
}

export const sgd = defineOptimizer({
  id: 'sgd',
  title: 'SGD',
  summary: 'Gradient descent with momentum.',
  reference: { citation: 'torch.optim.SGD' },
  params: {
    momentum: number({
      label: 'Momentum',
      default: 0.9,
      min: 0,
      max: 0.9999,
      help: 'SGD momentum (PyTorch semantics).',
      advanced: true,
    }),
    weightDecay,
  },
  create: (values, parameters) => createSgd(parameters, values),
})
