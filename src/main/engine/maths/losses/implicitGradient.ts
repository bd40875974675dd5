/**
 * The gradient of an outer loss by parameters on which the answer of an inner problem depends as well.
 * Reference: Grazzi et al. 2020, arXiv:2006.16218; ABD zskt/utils/hypergrad.py fixed_point.
 */
import * as tf from '@tensorflow/tfjs-core'
import { differentiate } from '../nn/differentiate'
import type { Parameter } from '../nn/types'
import { sum } from '../ops'

export interface ImplicitProblem {
  readonly parameters: readonly Parameter[]
  /** The inner problem's answer p. */
  readonly answer: tf.Tensor
  /** What p minimises, differentiable twice by p and once more by the parameters. */
  readonly inner: (p: tf.Tensor) => tf.Scalar
  /** ∂outer/∂θ with p held constant, by parameters. */
  readonly direct: readonly tf.Tensor[]
  /** ∂outer/∂p. */
  readonly outerByAnswer: tf.Tensor
}

export interface FixedPointOptions {
  /** Steps K of the fixed-point iteration; 5 in the reference. */
  readonly iterations: number
  /** Step of the map p ↦ p − step · ∂inner/∂p; 0.1 in the reference, whatever p's own learning rate. */
  readonly step: number
}

export interface ImplicitGradient {
  /** By the parameters, in their order and memory layout. */
  readonly gradients: readonly tf.Tensor[]
  /** The iterates v₁ … v_K of the fixed point, of which the last one is used. */
  readonly adjoints: readonly tf.Tensor[]
}

/**
 * d outer(p*(θ), θ) / dθ by K fixed-point steps:
 * v₀ = 0, v ← (∂Φ/∂p)ᵀ v + ∂outer/∂p with Φ(p) = p − step · ∂inner/∂p, then (∂Φ/∂θ)ᵀ v + ∂outer/∂θ.
 * Differs from the reference: it always does all K steps (there it may end early when v moves less than 1e-10).
 * Call it inside tf.tidy.
 */
export function implicitGradient(problem: ImplicitProblem, options: FixedPointOptions): ImplicitGradient {
  const { answer, inner, outerByAnswer, direct } = problem
  /** ⟨∂inner/∂p at `at`, v⟩; differentiable by p and by the parameters. */
  const projected = (at: tf.Tensor, v: tf.Tensor): tf.Scalar => sum<tf.Scalar>(tf.mul(tf.grad(inner)(at), v))
  let adjoint = outerByAnswer
  const adjoints = [adjoint]
  for (let iteration = 1; iteration < options.iterations; iteration++) {
    const v = adjoint
    const curvature = tf.tidy(() => tf.grad((p) => projected(p, v))(answer))
    adjoint = tf.add(tf.sub(v, tf.mul(curvature, options.step)), outerByAnswer)
    adjoints.push(adjoint)
  }
  const cross = differentiate(problem.parameters, () => ({ loss: projected(answer, adjoint), outputs: {} }))
  return {
    gradients: cross.gradients.map((gradient, index) =>
      tf.sub(direct[index] as tf.Tensor, tf.mul(gradient, options.step)),
    ),
    adjoints,
  }
}
