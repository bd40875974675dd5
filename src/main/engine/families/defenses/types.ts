import type * as tf from '@tensorflow/tfjs-core'
import type { CheckpointName } from '../../../../shared/domain'
import type { MemberDeclaration, MemberIssue, ParameterSchema, ValuesOf } from '../../../../shared/schema'
import type { ImageSet } from '../../images/types'
import type { ActiveDefense, DistillationMethod, DistillationParts, StageRemark } from '../distillation/types'

/**
 * `measure` gives one number for each image [N, H, W, C] of the teacher's normalised space; the values come in the
 * order of the images.
 */
export type TestDivergences = (measure: (images: tf.Tensor4D) => number[]) => {
  clean: number[]
  triggered: number[] | null
}

/** A student of an earlier run after so many steps. */
export type StartPoint = CheckpointName

/** What a defense may know of the method that it is planned with. */
export type MethodTraits = Pick<DistillationMethod, 'title' | 'usesRealImages'>

/** What the checks of a defense's values may look at. */
export interface DefenseCheckContext {
  readonly method: MethodTraits
  /** Length of the method's own distillation in pseudo batches; undefined where it is not known. */
  readonly methodTotal: number | undefined
  /** Synthesis steps that the method makes per pseudo batch; undefined where it does not count them. */
  readonly synthesisSteps: number | undefined
}

/** When a late defense acts. */
export interface DefensePhase {
  /** The pseudo batch from which it acts. Until then the student equals one without it. */
  readonly start: number
  /** The distillation's new length. */
  readonly total: number
  /** The parameter that `start` comes from; absent where none decides it. */
  readonly decidedBy?: string
  /** The student that this one goes on from, instead of being distilled up to `start`. */
  readonly from?: StartPoint
}

/** A defense is made before the synthesizer and the student trainer that it wraps. */
export interface DefenseContext extends DistillationParts {
  /** Length of the method's own distillation in pseudo batches. */
  readonly methodTotal: number
  /**
   * Measures test images for the defense's report. No decision may depend on it: a defender has neither clean labels
   * nor the trigger.
   */
  readonly testDivergences: TestDivergences
  /**
   * Clean images with their true labels that no step of the distillation sees: the privilege of defenses that say
   * `privileged`; absent for all others. The hold-out of the poisoning where there is one, else the training images.
   */
  readonly cleanImages?: () => ImageSet
  /** Tells what is no metric; it reaches the stage's record after the step. */
  readonly tell: (remark: StageRemark) => void
}

/** One image-sized p that changes a network's answers to many images at once. */
export interface UniversalPerturbation {
  /** [1, H, W, C], in the normalised space; read it inside later steps. */
  readonly variable: tf.Variable<tf.Rank.R4>
  /**
   * Begins anew and does all rounds on these images.
   * @param answers the teacher's logits of them
   * @param afterRound what is to be looked at in between
   */
  find(images: tf.Tensor4D, answers: tf.Tensor2D, afterRound?: () => void): void
}

/** What a search for a universal perturbation needs of a stage. */
export type PerturbationContext = Pick<DefenseContext, 'program' | 'image' | 'student' | 'teacher' | 'stream' | 'state'>

/** What a defense adds while it acts. */
export interface DefenseCost {
  /** Extra passes, as those of a method are counted. */
  readonly teacherForwardsPerGeneratorImage: number
  readonly studentForwardsPerStudentImage: number
  readonly teacherForwardsPerStudentImage: number
  /**
   * Activations that it holds beside those of the method, in those of the whole network for the method's images;
   * absent: none.
   */
  readonly heldTeachers?: number
  readonly heldStudents?: number
}

/** What a defense adds that works on the finished student, in passes of single images, counted as those of a method. */
export interface AfterwardsCost {
  /** Its steps, as far as they are known beforehand. */
  readonly steps: number
  /** Further pseudo batches of the method, which count by themselves. */
  readonly pseudoBatches: number
  readonly studentForwards: number
  readonly teacherForwards: number
  /** Images whose activations in the student its largest step holds at once. */
  readonly heldStudentImages: number
}

export interface Defense<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** For the estimates of time and memory; absent: nothing is added while the student is distilled. */
  cost?(params: ValuesOf<S>): DefenseCost
  /**
   * What its `afterDistillation` costs; needed by a defense that has one. The student is distilled as one without it,
   * whose last checkpoint it can go on from.
   * @param pseudoBatch images of a pseudo batch
   */
  afterwards?(params: ValuesOf<S>, pseudoBatch: number): AfterwardsCost
  /** Whether it has an effect with the method, and if not, why: the rest of a sentence, "has no effect with …: …". */
  compatibleWith?(method: MethodTraits): true | string
  /**
   * For defenses that act late: when they do, how long the distillation gets, and the student that this one continues.
   * A defense without it acts from the first pseudo batch on, or on the finished student (`afterwards`).
   */
  phase?(params: ValuesOf<S>, methodTotal: number): DefensePhase
  /** As of a method: a student that goes on from a checkpoint with this defense in it keeps their values. */
  readonly stateParameters?: readonly (keyof S & string)[]
  /**
   * Whether it is given clean images, which a data-free defender does not have: its names say so, and with them every
   * form, table, chart and export.
   */
  readonly privileged?: true
  /** Whether it shuffles channels between the teacher's convolutions. */
  readonly needsHiddenConvolutions?: true
  /** For defenses that look for a universal perturbation in each update: the search, which analyses make again. */
  readonly perturbation?: {
    /** Whose answers it changes. */
    readonly against: (params: ValuesOf<S>) => 'teacher' | 'student'
    readonly create: (params: ValuesOf<S>, context: PerturbationContext) => UniversalPerturbation
  }
  /** What keeps it from joining a student that has been distilled without it for so many pseudo batches. */
  joins?(params: ValuesOf<S>, pseudoBatches: number): readonly MemberIssue[]
  /** What would be found only when a run is under way. */
  checks?(params: ValuesOf<S>, context: DefenseCheckContext): readonly MemberIssue[]
  create(params: ValuesOf<S>, context: DefenseContext): ActiveDefense
}

/** What follows the names of a privileged defense. */
const privilegeMark = ' (privileged)'

export function defineDefense<S extends ParameterSchema>(defense: Defense<S>): Defense {
  const named = defense.privileged
    ? { title: defense.title + privilegeMark, short: (defense.short ?? defense.title) + privilegeMark }
    : {}
  return { ...defense, ...named } as unknown as Defense
}
