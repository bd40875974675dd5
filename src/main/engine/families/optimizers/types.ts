import type * as tf from '@tensorflow/tfjs-core'
import type { Gradients } from '../../maths/nn/gradients'

/** A pure function over variables, inside a step: everything that changes from call to call comes in as a tensor. */
export interface Optimizer {
  /**
   * State by name, for checkpoints. Moments of all parameters are one vector each, in parameter order and memory
   * layout.
   */
  readonly slots: Readonly<Record<string, tf.Variable>>
  /** Updates the parameters. */
  apply(gradients: Gradients, learningRate: tf.Scalar): void
  dispose(): void
}
