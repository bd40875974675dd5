/** What synthesizer, student trainer and defenses hand to each other. */
import type * as tf from '@tensorflow/tfjs-core'
import type { CallOrigin, MetricPoint, PooledImages } from '../../../../../shared/domain'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { InnerStepListener } from '../innerSteps'

/** Metric values of one step by name. */
export type StepMetrics = Partial<Record<MetricPoint['name'], number>>

/** What a member measures, by its own names; recorded as `<member>.<name>`. */
export type MemberMetrics = Readonly<Record<string, number | undefined>>

/** What a part of a stage has to say beside metrics; the loop reports it after the step. */
export type StageRemark =
  | { type: 'warning'; message: string }
  /** What the pseudo batch of the step gave to the pool. */
  | { type: 'pool'; images: PooledImages }
  /** What an analysis is made from, all of it so far; replaces what was told before. */
  | { type: 'measurements'; analysis: string; measurements: unknown }

/**
 * A pseudo batch: synthetic images in the teacher's normalised space with the teacher's view of them. The receiver
 * disposes it.
 */
export interface PseudoBatch {
  readonly images: tf.Tensor4D
  readonly teacherLogits: tf.Tensor2D
  /** Attention maps of the teacher's blocks, [N, H·W] each; empty where the method does not use them. */
  readonly teacherAttention: readonly tf.Tensor2D[]
  /** True labels, int32 [N]: only where the images are real. */
  readonly labels?: tf.Tensor1D
  /** Weights of the images in the student's loss, [N]; absent where all count alike. */
  readonly imageWeights?: tf.Tensor1D
  /** Only where a synthesis call has chosen them. */
  readonly origin?: CallOrigin
}

/** Where a distillation stands; schedules are functions of it. */
export interface Position {
  /** Pseudo batches done so far; the one being computed has this index. */
  readonly index: number
  readonly total: number
  /** Whether metrics are wanted: values leave the device only then. */
  readonly measure: boolean
  /**
   * To be called after each inner step by what takes many, and awaited where it returns a promise. A StepInterrupted
   * that comes out of it passes through.
   */
  readonly innerStep?: InnerStepListener
}

/** The arguments of one student update; `own` are disposed after it, the rest belongs to the pseudo batch. */
export interface StudentBatch {
  /** images, teacherLogits, and teacherAttention0 … where the method uses it. */
  readonly args: NamedTensors
  readonly own: readonly tf.Tensor[]
}
