/** The teacher of the epoch with the highest test accuracy, beside the one that is being trained. */
import type { Evaluation } from '../../../shared/domain'
import { analyses, withoutFormerArtifacts } from '../families/analyses'
import type { WeightMap } from '../weights/weightMap'
import type { Artifact } from './analyses'
import type { StateBundle } from '../families/distillation/state'

export interface BestTeacher {
  /** Keeps the weights where the accuracy is higher than that of all before; of equal ones the first stays. */
  offer(evaluation: Evaluation, weights: () => WeightMap, artifacts?: readonly Artifact[]): void
  /** Null before the first evaluation. */
  evaluation(): Evaluation | null
  /** What the analyses found with that evaluation. */
  artifacts(): readonly Artifact[]
  weights(): WeightMap | null
}

/**
 * best_clean_acc.pth of the published teachers' training: chosen by accuracy on the clean test images, at the end of
 * each epoch. Part of the checkpoints.
 * Reference: Trap-and-Replace normal_training.py.
 */
export function createBestTeacher(state: StateBundle): BestTeacher {
  let evaluation: Evaluation | null = null
  let artifacts: readonly Artifact[] = []
  let best: WeightMap = new Map()
  // The two names are those of every version's checkpoints.
  state.addPlain('keptEvaluation', {
    read: () => ({ evaluation, artifacts }),
    write: (values) => {
      // Checkpoints of earlier versions hold the artifacts inside the evaluation.
      const former = withoutFormerArtifacts(analyses.members, { evaluation: values.evaluation ?? null })
      evaluation = former.record.evaluation as Evaluation | null
      artifacts = (values.artifacts as Artifact[] | undefined) ?? former.artifacts
    },
  })
  state.addPooled('keptTeacher', {
    read: () => best,
    write: (tensors) => {
      best = tensors
    },
  })
  return {
    offer(offered, weights, found = []) {
      if (evaluation && offered.accuracy <= evaluation.accuracy) return
      evaluation = offered
      artifacts = found
      best = weights()
    },
    evaluation: () => evaluation,
    artifacts: () => artifacts,
    weights: () => (best.size > 0 ? best : null),
  }
}
