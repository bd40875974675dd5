import type { ActiveDefense } from './defense'
import type { DistillationParts } from './parts'

/** What a distillation is made from. */
export interface DistillationContext extends DistillationParts {
  /** Defenses that act inside this distillation, in the order of the plan. */
  readonly defenses: readonly ActiveDefense[]
}
