import * as tf from '@tensorflow/tfjs-core'
import type { Parameter } from '../../maths/nn/types'
import { flatParameters, flattenGradients, parameterCount, subtractFlat } from '../../maths/nn/gradients'
import { weightDecay } from './fields'
import { defineOptimizer, type Optimizer } from './types'

export interface AdamOptions {
  readonly beta1?: number
  readonly beta2?: number
  readonly epsilon?: number
  /** Coupled: λθ is added to the gradient before the moments. */
  readonly weightDecay?: number
}

/**
 * Adam as torch.optim.Adam writes it: g ← g + λθ (not AdamW), m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g²,
 * θ ← θ − lr/(1−β₁ᵗ) · m / (√v/√(1−β₂ᵗ) + ε). Defaults β₁ .9, β₂ .999, ε 1e-8, λ 0.
 * tf.train.adam puts ε inside the corrected root and bakes the learning rate into the graph.
 * Slots: `step` (t as float32, exact to 2²⁴), `firstMoment`, `secondMoment`.
 * Reference: Kingma & Ba 2015, arXiv:1412.6980, algorithm 1.
 */
export function createAdam(parameters: readonly Parameter[], options: AdamOptions = {}): Optimizer {
  const { beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8, weightDecay = 0 } = options
  const count = parameterCount(parameters)
  const [step, firstMoment, secondMoment] = tf.tidy(() => [
    tf.variable(tf.scalar(0), false),
    tf.variable(tf.zeros([count]), false),
    tf.variable(tf.zeros([count]), false),
  ]) as [tf.Variable, tf.Variable, tf.Variable]
  /** 1 − βᵗ; as expm1 it keeps its digits while βᵗ is near 1. */
  const correction = (beta: number): tf.Tensor => tf.neg(tf.expm1(tf.mul(step, Math.log(beta))))

  return {
    slots: { step, firstMoment, secondMoment },
    apply(gradients, learningRate) {
      tf.tidy(() => {
        const plain = flattenGradients(gradients)
        const gradient = weightDecay > 0 ? tf.add(plain, tf.mul(flatParameters(parameters), weightDecay)) : plain
        step.assign(tf.add(step, 1))
        const first = tf.add(tf.mul(firstMoment, beta1), tf.mul(gradient, 1 - beta1))
        const second = tf.add(tf.mul(secondMoment, beta2), tf.mul(tf.square(gradient), 1 - beta2))
        firstMoment.assign(first)
        secondMoment.assign(second)
        const denominator = tf.add(tf.div(tf.sqrt(second), tf.sqrt(correction(beta2))), epsilon)
        subtractFlat(
          parameters,
          tf.div(tf.mul(first, tf.div(learningRate, correction(beta1))), denominator) as tf.Tensor1D,
        )
      })
    },
    dispose: () => {
      tf.dispose([step, firstMoment, secondMoment])
    },
  }
}

export const adam = defineOptimizer({
  id: 'adam',
  title: 'Adam',
  summary: 'Steps of about one learning rate, whatever the size of the gradient.',
  reference: {
    citation: 'Kingma & Ba 2015, Adam: a method for stochastic optimization',
    link: 'https://arxiv.org/abs/1412.6980',
  },
  params: { weightDecay },
  create: (values, parameters) => createAdam(parameters, values),
})
