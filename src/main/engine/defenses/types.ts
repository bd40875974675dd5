import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../shared/schema'
import type { ActiveDefense, DistillationContext } from '../distillation/types'

/** A defense is made before the synthesizer and the student trainer that it wraps. */
export type DefenseContext = Omit<DistillationContext, 'defenses'>

export interface Defense<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** Extra teacher forward passes per generator step; for the time estimate. */
  cost(params: ValuesOf<S>): { teacherForwardsPerGeneratorImage: number; studentForwardsPerStudentImage: number }
  create(params: ValuesOf<S>, context: DefenseContext): ActiveDefense
}

export const defineDefense = <S extends ParameterSchema>(defense: Defense<S>): Defense => defense as unknown as Defense
