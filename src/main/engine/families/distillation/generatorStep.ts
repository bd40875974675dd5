/** One update of what makes the images, whatever it is: loss terms, defenses, gradients. */
import * as tf from '@tensorflow/tfjs-core'
import type { StateUpdate } from '../../maths/nn/types'
import type { NamedTensors } from '../../maths/ops/tensors'
import { updateStep, type UpdateParts } from '../optimizers/update'
import { argumentsOf } from './defendedStep'
import { weightOf, type LossTerm, type TermInput } from './terms'
import type { ActiveDefense } from './types'

/** One look of the networks at the images. */
export interface Synthesis {
  readonly input: TermInput
  /** The images as the teacher was shown them; defenses judge these. */
  readonly shown: tf.Tensor4D
  /** Further outputs of the step; asked for when all terms have been computed. */
  readonly outputs?: () => NamedTensors
}

export interface GeneratorStepParts extends UpdateParts {
  /** Those whose weight is not 0 take part, in this order. */
  readonly terms: readonly LossTerm[]
  /** Weights and other parameters of the terms, by name. */
  readonly values: Readonly<Record<string, unknown>>
  readonly defenses: readonly Pick<ActiveDefense, 'id' | 'synthesizerTerm'>[]
  /** Makes the images and asks the networks. */
  look(updates: StateUpdate[]): Synthesis
}

/**
 * L = Σ_k sign_k · w_k · L_k + the defenses' terms; gradients clipped to a global norm where that is asked for.
 * @param args learningRate, and each defense's own under `<id>.`
 * @returns loss, gradientNorm where `gradientClip` is set, `<term>.loss` of each active term before its weight, each
 *   defense's outputs under `<id>.`, and what `look` adds
 */
export const generatorStep = (parts: GeneratorStepParts, args: NamedTensors): NamedTensors =>
  updateStep(parts, args.learningRate as tf.Scalar, (updates) => {
    const { input, shown, outputs } = parts.look(updates)
    const { summands, found } = ownLoss(parts, input)
    for (const defense of parts.defenses) {
      const term = defense.synthesizerTerm?.({
        images: shown,
        teacherLogits: input.teacher.logits,
        teacherActivations: input.teacher.activations,
        updates,
        args: argumentsOf(args, `${defense.id}.`),
      })
      if (!term) continue
      summands.push(term.loss)
      for (const [name, tensor] of Object.entries(term.outputs)) found[`${defense.id}.${name}`] = tensor
    }
    return { loss: totalOf(summands), outputs: { ...found, ...outputs?.() } }
  })

/** Of the terms alone: sign_k · w_k · L_k of each, and L_k before its weight under `<term>.loss`. */
export function ownLoss(
  { terms, values }: Pick<GeneratorStepParts, 'terms' | 'values'>,
  input: TermInput,
): { summands: tf.Scalar[]; found: NamedTensors } {
  const found: NamedTensors = {}
  const summands: tf.Scalar[] = []
  for (const term of terms) {
    const weight = weightOf(term, values)
    if (weight === 0) continue
    const value = term.value(input, values as never)
    found[`${term.id}.loss`] = value
    summands.push(tf.mul(value, weight))
  }
  return { summands, found }
}

export const totalOf = (summands: tf.Scalar[]): tf.Scalar => (summands.length > 0 ? tf.addN(summands) : tf.scalar(0))

/** Whether a pass must gather batch-norm statistics for the terms that take part. */
export const readsStatistics = (terms: readonly LossTerm[], values: Readonly<Record<string, unknown>>): boolean =>
  terms.some((term) => term.readsStatistics === true && weightOf(term, values) !== 0)
