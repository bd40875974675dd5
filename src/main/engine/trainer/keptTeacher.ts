/** The teacher of the epoch with the highest test accuracy, beside the one that is being trained. */
import type { Evaluation } from '../../../shared/domain'
import type { WeightMap } from '../weights/weightMap'
import type { StateBundle } from '../families/distillation/state'

export interface KeptTeacher {
  /** Keeps the weights where the accuracy is higher than that of all before; of equal ones the first stays. */
  offer(evaluation: Evaluation, weights: () => WeightMap): void
  /** Null before the first evaluation. */
  evaluation(): Evaluation | null
  weights(): WeightMap | null
}

/**
 * best_clean_acc.pth of the published teachers' training: chosen by accuracy on the clean test images, at the end of
 * each epoch. Part of the checkpoints.
 * Reference: Trap-and-Replace normal_training.py.
 */
export function createKeptTeacher(state: StateBundle): KeptTeacher {
  let evaluation: Evaluation | null = null
  let kept: WeightMap = new Map()
  state.addPlain('keptEvaluation', {
    read: () => ({ evaluation }),
    write: (values) => {
      evaluation = (values.evaluation ?? null) as Evaluation | null
    },
  })
  state.addPooled('keptTeacher', {
    read: () => kept,
    write: (tensors) => {
      kept = tensors
    },
  })
  return {
    offer(offered, weights) {
      if (evaluation && offered.accuracy <= evaluation.accuracy) return
      evaluation = offered
      kept = weights()
    },
    evaluation: () => evaluation,
    weights: () => (kept.size > 0 ? kept : null),
  }
}
