/** A generator as a checkpoint has it, outside a distillation. */
import type * as tf from '@tensorflow/tfjs-core'
import type { ClassifierOutput, Parameter, StateUpdate } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { RandomStream } from '../../../maths/random'
import type { DistillationParts } from './parts'

export type GeneratorContext = Pick<DistillationParts, 'teacher' | 'student' | 'classes' | 'image' | 'stream' | 'state'>

export interface OpenGenerator {
  readonly parameters: readonly Parameter[]
  /** What one batch is made from, drawn anew; the caller disposes it. */
  arguments(stream: RandomStream): NamedTensors
  /** The batch, the teacher's answer and the method's own loss without a defense; inside a step. */
  look(
    args: NamedTensors,
    updates: StateUpdate[],
  ): { readonly images: tf.Tensor4D; readonly teacher: ClassifierOutput; readonly loss: tf.Scalar }
}
