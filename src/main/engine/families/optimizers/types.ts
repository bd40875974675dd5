import type * as tf from '@tensorflow/tfjs-core'
import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { Gradients } from '../../maths/nn/gradients'
import type { Parameter } from '../../maths/nn/types'

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

/** An optimizer to choose. Its parameters stand beside the choice, wherever it is offered. */
export interface OptimizerMember<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  create(values: ValuesOf<S>, parameters: readonly Parameter[]): Optimizer
}

/** Types the optimizer's own parameters. */
export const defineOptimizer = <S extends ParameterSchema>(optimizer: OptimizerMember<S>): OptimizerMember<S> =>
  optimizer
