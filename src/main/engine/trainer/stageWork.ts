/** What a training stage is to the loop that it runs in. */
import type { Evaluation, MetricName, SyntheticImages } from '../../../shared/domain'
import type { InnerStepListener } from '../families/distillation/innerSteps'
import type { StateBundle } from '../families/distillation/state'
import type { StepProgram } from '../graph/types'
import type { WorkRemark } from './analyses'
import type { KeepCheckpoint } from '../protocol/checkpointFiles'

export type StepMetrics = Partial<Record<MetricName, number>>

/** One stage's work, cut into steps after each of which it can be stopped and resumed. */
export interface StageWork {
  readonly totalSteps: number
  readonly state: StateBundle
  readonly program: StepProgram
  /**
   * Does the step with this index (0-based). Metrics are returned when `measure` is set; on other steps only what
   * happens once (a decision), which is recorded too.
   * A step of many inner ones calls `innerStep` after each, and lets the StepInterrupted pass that may come out of it.
   */
  step(index: number, measure: boolean, innerStep?: InnerStepListener): StepMetrics | Promise<StepMetrics>
  /** What was said since the last call: warnings, artifacts. Read after every step and evaluation, and at the end. */
  remarks?(): WorkRemark[]
  /** At the end, a pause or a stop, when nothing trains any more: for what takes the model as writeWeights has it. */
  conclude?(outcome: 'done' | 'paused' | 'stopped'): void
  /** Images that went through training per step, for images per second. */
  readonly imagesPerStep: number
  /** Absent where the stage has no epochs. */
  readonly stepsPerEpoch?: number
  readonly measureEvery: number
  /** Whether the model is evaluated after so many steps (the end is always evaluated). */
  evaluateAfter(stepsDone: number): boolean
  evaluate(): Evaluation
  /** The evaluation of what writeWeights writes, where that is not the model as it stands. */
  keptEvaluation?(): Evaluation | null
  /** Whether images are kept after so many steps. */
  imagesAfter?(stepsDone: number): boolean
  images?(stepsDone: number): SyntheticImages
  /** Checkpoints that are written and stay, beside those that come with time. */
  readonly keepsCheckpoint?: KeepCheckpoint
  /** Writes the model with PyTorch names and returns its path; null where there is nothing to write. */
  writeWeights(): Promise<string | null>
  dispose(): void
}
