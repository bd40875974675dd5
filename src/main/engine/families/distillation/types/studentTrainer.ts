import type * as tf from '@tensorflow/tfjs-core'
import type { ClassifierOutput } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { Position, PseudoBatch, StepMetrics, StudentBatch } from './batches'

/** Learns from pseudo batches. */
export interface StudentTrainer {
  /** All updates that one pseudo batch pays for. */
  step(batch: PseudoBatch, position: Position): StepMetrics | Promise<StepMetrics>
  /** Images that went through a student update per pseudo batch; for images per second. */
  readonly imagesPerStep: number
  /** Student updates per pseudo batch. */
  readonly updates: number
  /**
   * Takes over a pseudo batch; each call of the result gives the batch of one update. For defenses that replace the
   * update.
   */
  batches(batch: PseudoBatch): () => StudentBatch
  /** Forgets the synthetic images that it has gathered. */
  forget?(): void
  /** The method's loss of a student output on a batch's arguments, inside a step. */
  loss(output: ClassifierOutput, args: NamedTensors): { loss: tf.Scalar; outputs: NamedTensors }
}
