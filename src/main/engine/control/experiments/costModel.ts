import type { ExperimentConfig, MemberChoice, StudentPlan } from '../../../../shared/domain'
import type { Issue, MemberIssue, ParameterFault } from '../../../../shared/schema'
import type { Level } from '../../families/architectures'
import type { AfterwardsCost, DefenseCost, DefensePhase } from '../../families/defenses/types'
import type { MethodWork } from '../../families/distillation/types'
import type { PlannedLength } from '../../protocol/plans'

/** Costs of members, from their declarations; a number that is not known is undefined. */
export interface CostModel {
  /** Multiply-adds of one image's forward pass. */
  forward(architecture: MemberChoice, data: MemberChoice): number | undefined
  /** Why a network cannot be made with these parameters for images of this shape; null when it can. */
  refusal(architecture: MemberChoice, data: MemberChoice): string | null
  /** Sizes of the activations that attention transfer compares; undefined where no such network can be made. */
  levels(architecture: MemberChoice, data: MemberChoice): readonly Level[] | undefined
  /**
   * What of a method's parameters does not go together, or not with the data's images as far as their size is known.
   */
  faults(method: MemberChoice, data: MemberChoice): readonly ParameterFault[]
  /** What the chosen members say of their own values beside the rest of the experiment. */
  memberIssues(config: ExperimentConfig): readonly Issue[]
  /** When a defense acts, and the student that it continues; undefined where it acts from the first pseudo batch on. */
  phase(defense: MemberChoice, pseudoBatches: number): DefensePhase | undefined
  /** What keeps a defense from joining a student after so many pseudo batches without it. */
  joins(defense: MemberChoice, pseudoBatches: number): readonly MemberIssue[]
  /** The method's work per pseudo batch, and how many of them there are. */
  distillation(config: Pick<ExperimentConfig, 'data' | 'teacher' | 'distillation'>): MethodCost | undefined
  /** What a defense adds while the student is distilled. */
  defense(defense: MemberChoice): DefenseCost | undefined
  /** What it adds on the finished student, with so many images in a pseudo batch; undefined where it adds nothing. */
  afterwards(defense: MemberChoice, pseudoBatch: number): AfterwardsCost | undefined
  /** How long a student trains, and the student that it equals until its late defenses act. */
  length(plan: StudentPlan, pseudoBatches: number): PlannedLength
  /** The pseudo batch from which a defense acts: 0, or later where it acts late. */
  actsFrom(defense: MemberChoice, pseudoBatches: number): number
  /**
   * Which pseudo batches a student is trained on itself: it may go on from another student, and beyond the method's
   * end.
   */
  range(students: readonly StudentPlan[], index: number, pseudoBatches: number): { start: number; total: number }
  /** Whether a student goes on from an earlier one of its run, so begins no sooner than that one ends. */
  follows(students: readonly StudentPlan[], index: number, pseudoBatches: number): boolean
  /** `assumed`: how many there are is not known before they are read. */
  images(data: MemberChoice): { train: number; test: number; assumed?: true }
  /** Training images of each class, where that is known before they are read. */
  trainPerClass(data: MemberChoice): readonly number[] | undefined
  /** Of a network: see ArchitectureCost; and bytes of one image. What is not known is left out. */
  sizes(
    architecture: MemberChoice,
    data: MemberChoice,
  ): { parameters?: number; multiplyAdds?: number; activations?: number; imageBytes?: number }
}

export interface MethodCost extends MethodWork {
  readonly pseudoBatches: number
}
