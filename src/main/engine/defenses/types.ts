import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../shared/schema'
import type { ActiveDefense, DistillationContext } from '../distillation/types'

/** A defense is made before the synthesizer and the student trainer that it wraps. */
export interface DefenseContext extends Omit<DistillationContext, 'defenses'> {
  /** Length of the method's own distillation in pseudo batches. */
  readonly methodTotal: number
}

export interface Defense<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Whether it works on how images come about, and so does nothing where they are the real training images. */
  readonly needsSynthesis?: boolean
  /** Extra passes per generator image, and per student image while it acts; for the time estimate. */
  cost(params: ValuesOf<S>): { teacherForwardsPerGeneratorImage: number; studentForwardsPerStudentImage: number; teacherForwardsPerStudentImage: number }
  /** For defenses that act late: the pseudo batch from which they act, and the new total. Until then the student equals one without them. */
  phase?(params: ValuesOf<S>, methodTotal: number): { start: number; total: number }
  create(params: ValuesOf<S>, context: DefenseContext): ActiveDefense
}

export const defineDefense = <S extends ParameterSchema>(defense: Defense<S>): Defense => defense as unknown as Defense
