import * as tf from '@tensorflow/tfjs-core'
import { defineOptimizer } from '../../src/main/engine/families/optimizers/types'
import { flattenGradients, parameterCount, subtractFlat } from '../../src/main/engine/maths/nn/gradients'
import { number } from '../../src/shared/schema'

/**
 * signSGD with momentum (Signum): every parameter moves by one learning rate, in the direction of its momentum's sign.
 *
 * b ← μb + (1 − μ)g, θ ← θ − lr · sign(b). Default μ 0.9. Slot: `momentum` (b, from zero).
 * Reference: Bernstein et al. 2018, arXiv:1802.04434, algorithm 1. An example of a new optimizer.
 */
export const signSgd = defineOptimizer({
  id: 'sign_sgd',
  title: 'signSGD',
  summary: 'Moves every parameter by one learning rate, in the direction of its momentum’s sign.',
  reference: { citation: 'Bernstein et al. 2018, signSGD', link: 'https://arxiv.org/abs/1802.04434' },
  params: {
    momentum: number({
      label: 'Momentum',
      default: 0.9,
      min: 0,
      max: 0.9999,
      help: 'How long gradients are remembered: μ of the running mean.',
      advanced: true,
    }),
  },
  create({ momentum }, parameters) {
    const running = tf.tidy(() => tf.variable(tf.zeros<tf.Rank.R1>([parameterCount(parameters)]), false))
    return {
      slots: { momentum: running },
      apply(gradients, learningRate) {
        tf.tidy(() => {
          const next = tf.add(tf.mul(running, momentum), tf.mul(flattenGradients(gradients), 1 - momentum))
          running.assign(next as tf.Tensor1D)
          subtractFlat(parameters, tf.mul(tf.sign(next), learningRate) as tf.Tensor1D)
        })
      },
      dispose: () => running.dispose(),
    }
  },
})
