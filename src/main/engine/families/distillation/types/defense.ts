/** The seam at which methods and defenses meet, while a student is distilled and after. */
import type * as tf from '@tensorflow/tfjs-core'
import type { StateUpdate } from '../../../maths/nn/types'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { MemberMetrics, Position, PseudoBatch, StepMetrics } from './batches'
import type { DistillationParts } from './parts'
import type { StudentTrainer } from './studentTrainer'

/** What a synthesizer shows its loss wrappers inside a step; everything is a tensor of the step. */
export interface SynthesisLossInput {
  readonly images: tf.Tensor4D
  readonly teacherLogits: tf.Tensor2D
  /** The teacher's block outputs of these images; a shuffled copy can start from them. */
  readonly teacherActivations: readonly tf.Tensor4D[]
  readonly updates: StateUpdate[]
  /** The defense's own arguments, as it gave them in `synthesizerArguments`. */
  readonly args: NamedTensors
}

/** The one seam at which methods and defenses meet. A defense fills in only what it changes. */
export interface ActiveDefense {
  readonly id: string
  /** Whether the loss term takes part in the next synthesizer step; a change means another captured graph. */
  synthesizerTermActive?(): boolean
  /** Numbers that change from call to call (the coefficient), as tensors; the caller disposes them. */
  synthesizerArguments?(): NamedTensors
  /** Added to the synthesizer's loss. `outputs` become metrics. */
  synthesizerTerm?(input: SynthesisLossInput): { loss: tf.Scalar; outputs: NamedTensors }
  /**
   * For methods whose images no loss can steer: weights of the images in the student's loss, [N], in place of 1/N each;
   * inside a step.
   * Acts and takes its arguments like the loss term.
   */
  studentWeights?(input: Omit<SynthesisLossInput, 'updates'>): { weights: tf.Tensor1D; outputs: NamedTensors }
  /** The pseudo batch before which the method forgets the synthetic images that it has gathered. */
  readonly forgetsBefore?: number
  /** Wraps the student's trainer, e.g. to unlearn at the end. */
  wrapStudentTrainer?(trainer: StudentTrainer, context: DistillationParts): StudentTrainer
  /**
   * After each step of a synthesis call that takes many; `images` gives the step's images in the teacher's normalised
   * space, and whoever asks disposes them.
   * Where it is called, selection tests count these steps instead of pseudo batches.
   */
  afterSynthesisStep?(images: () => tf.Tensor4D): void
  /**
   * After each pseudo batch, outside the graph: selection tests, schedules. What is returned where no metrics are
   * wanted is recorded all the same.
   */
  afterPseudoBatch?(batch: PseudoBatch, position: Position): StepMetrics
  /** Marks samples the defense suspects (1) for the image views. */
  suspects?(batch: PseudoBatch): number[]
  /**
   * For defenses that work on the finished student. Asked when the stage is made, so that what it adds to `state` is
   * part of every checkpoint; its steps follow the last pseudo batch.
   */
  afterDistillation?(distillation: FinishedDistillation): AfterDistillation
}

/** What a defense is given that acts after the distillation. */
export interface FinishedDistillation extends DistillationParts {
  /**
   * A further pseudo batch of the method: a synthesizer that lives through the run has stopped learning. The caller
   * disposes it.
   */
  pseudoBatch(position: Position): Promise<PseudoBatch>
}

/**
 * Work on the finished student. Its steps are steps of the stage: between two of them it can be paused, stopped and
 * resumed, and progress, checkpoints and the evaluation at the end follow by themselves.
 */
export interface AfterDistillation {
  readonly steps: number
  /**
   * One step, which may change the student's weights. `position` counts within this work. Metrics are recorded as
   * `<defense>.<metric>`; a step of many inner ones tells `position.innerStep`.
   */
  step(position: Position): MemberMetrics | Promise<MemberMetrics>
}
