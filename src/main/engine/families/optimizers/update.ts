/** The update step: differentiate, clip, apply, carry out what the passes asked for. Every training step is one. */
import * as tf from '@tensorflow/tfjs-core'
import { applyUpdates, differentiate, type ForwardResult } from '../../maths/nn/differentiate'
import { clipByGlobalNorm, globalNorm, type Gradients } from '../../maths/nn/gradients'
import type { Parameter, StateUpdate } from '../../maths/nn/types'
import type { NamedTensors } from '../../maths/ops/tensors'
import type { Optimizer } from './types'

export interface UpdateParts {
  readonly parameters: readonly Parameter[]
  readonly optimizer: Pick<Optimizer, 'apply'>
  /** Global L2 norm to clip to; 0 measures the norm without clipping, and without a limit it is not measured either. */
  readonly gradientClip?: number
}

function clipped(gradients: Gradients, limit: number | undefined): { gradients: Gradients; norm?: tf.Scalar } {
  if (limit === undefined) return { gradients }
  return limit > 0 ? clipByGlobalNorm(gradients, limit) : { gradients, norm: globalNorm(gradients) }
}

/**
 * The second half of an update, for gradients that do not come from one loss. Inside tf.tidy.
 * @returns gradientNorm (before clipping) where `gradientClip` is set
 */
export function applyGradients(
  { optimizer, gradientClip }: Omit<UpdateParts, 'parameters'>,
  found: { readonly gradients: Gradients; readonly updates: readonly StateUpdate[] },
  learningRate: tf.Scalar,
): NamedTensors {
  const { gradients, norm } = clipped(found.gradients, gradientClip)
  optimizer.apply(gradients, learningRate)
  applyUpdates(found.updates)
  return norm ? { gradientNorm: norm } : {}
}

/**
 * One update by one loss.
 * @returns loss (before the update), gradientNorm (before clipping) where `gradientClip` is set, and the outputs of
 *   `forward`
 */
export const updateStep = (
  parts: UpdateParts,
  learningRate: tf.Tensor,
  forward: (updates: StateUpdate[]) => ForwardResult<NamedTensors>,
): NamedTensors =>
  tf.tidy(() => {
    const result = differentiate(parts.parameters, forward)
    const norm = applyGradients(parts, result, learningRate as tf.Scalar)
    return { loss: result.loss, ...norm, ...result.outputs }
  })

/** One update of several groups, each with an optimizer of its own; it takes gradients one by one, unclipped. */
export function jointUpdate(
  groups: readonly (UpdateParts & { readonly afterUpdate?: (() => void) | undefined })[],
): UpdateParts {
  return {
    parameters: groups.flatMap(({ parameters }) => parameters),
    optimizer: {
      apply(gradients, learningRate) {
        if (gradients instanceof tf.Tensor) throw new Error('The gradients of several groups came as one vector.')
        let first = 0
        for (const { parameters, optimizer, afterUpdate } of groups) {
          optimizer.apply(gradients.slice(first, first + parameters.length), learningRate)
          afterUpdate?.()
          first += parameters.length
        }
      },
    },
  }
}
