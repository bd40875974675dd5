/** Passes of one network for analyses: what goes through its layers, and steps that are compiled when first wanted. */
import * as tf from '@tensorflow/tfjs-core'
import type { NetworkLayer } from '../../families/analyses/askedTypes'
import type { StepProgram, StepRunner } from '../../graph/types'
import type { ImageShape, Normalization } from '../../images/types'
import type { Classifier, ForwardContext } from '../../maths/nn/types'
import type { NamedTensors } from '../../maths/ops/tensors'

export type Through = NonNullable<ForwardContext['through']>
/** In evaluation mode. */
export type Forward = (images: tf.Tensor | undefined, through?: Through) => ReturnType<Classifier['forward']>

export interface OpenNetworkInput {
  readonly program: StepProgram
  /** Unique in the program. */
  readonly name: string
  readonly title: string
  readonly classifier: Classifier
  readonly image: ImageShape
  readonly normalization: Normalization
}

export interface NetworkPasses extends OpenNetworkInput {
  readonly forward: Forward
  readonly layers: readonly NetworkLayer[]
  /** The step of that name, compiled at the first call. */
  readonly step: (what: string, step: (args: NamedTensors) => NamedTensors) => StepRunner
}

/** Intensities of 0…1 as the network takes them, for steps that differentiate by the intensities. */
export function normalizedIntensities(
  { normalization, image }: Pick<NetworkPasses, 'normalization' | 'image'>,
  intensities: tf.Tensor4D,
): tf.Tensor4D {
  const perChannel = (values: readonly number[]): tf.Tensor1D => tf.tensor1d(values.slice(0, image.channels))
  return tf.div(
    tf.sub(intensities, perChannel(normalization.mean)),
    perChannel(normalization.standardDeviation),
  ) as tf.Tensor4D
}

/** Steps by what they do. */
export function stepsOf(program: StepProgram, name: string): NetworkPasses['step'] {
  const known = new Map<string, StepRunner>()
  return (what, step) => {
    const made = known.get(what) ?? program.compile(`${name}.${what}`, step)
    known.set(what, made)
    return made
  }
}
