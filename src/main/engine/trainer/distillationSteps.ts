/** One pseudo batch after another: synthesis, the student's updates, and what the defenses say of it. */
import * as tf from '@tensorflow/tfjs-core'
import type { InnerStepListener } from '../families/distillation/innerSteps'
import { disposePseudoBatch } from '../families/distillation/stepOutputs'
import type {
  ActiveDefense,
  Position,
  PseudoBatch,
  StepMetrics,
  StudentTrainer,
  Synthesizer,
} from '../families/distillation/types'

export interface DistillationSteps {
  /** The pseudo batch with this index, whose tensors live until the next one. */
  step(index: number, measure: boolean, innerStep?: InnerStepListener): Promise<StepMetrics>
  /** The newest pseudo batch; null before the first, and where the stage was resumed at its end. */
  latest(): PseudoBatch | null
  dispose(): void
}

/** How many classes the teacher sees; the collapse of a generator shows here first. */
const classesSeen = (logits: tf.Tensor2D): number => new Set(tf.tidy(() => tf.argMax(logits, 1).dataSync())).size

export function createDistillationSteps(input: {
  readonly synthesizer: Synthesizer
  readonly trainer: StudentTrainer
  readonly defenses: readonly ActiveDefense[]
  readonly totalPseudoBatches: number
}): DistillationSteps {
  const { synthesizer, trainer, defenses, totalPseudoBatches: total } = input
  let latest: PseudoBatch | null = null
  /** A batch whose updates are given up belongs to nobody. */
  const learn = async (batch: PseudoBatch, position: Position): Promise<StepMetrics> => {
    try {
      return await trainer.step(batch, position)
    } catch (error) {
      disposePseudoBatch(batch)
      throw error
    }
  }
  const keep = (batch: PseudoBatch | null): void => {
    if (latest) disposePseudoBatch(latest)
    latest = batch
  }
  return {
    async step(index, measure, innerStep) {
      const position = { index, total, measure, ...(innerStep ? { innerStep } : {}) }
      if (defenses.some((defense) => defense.forgetsBefore === index)) {
        synthesizer.forget?.()
        trainer.forget?.()
      }
      const synthesis = await synthesizer.step(position)
      const batch = synthesizer.sample(position)
      const learning = await learn(batch, position)
      const checks = defenses.map((defense) => defense.afterPseudoBatch?.(batch, position) ?? {})
      const seen = measure ? { classesSeen: classesSeen(batch.teacherLogits) } : {}
      keep(batch)
      return Object.assign({}, synthesis, learning, seen, ...checks) as StepMetrics
    },
    latest: () => latest,
    dispose: () => keep(null),
  }
}
