/**
 * Learning rates as functions of the number of steps done so far. Host arithmetic in float64; the value goes into the
 * step as a tensor.
 */
import type { MemberDeclaration, ParameterSchema, ValuesOf } from '../../../../shared/schema'

export type Schedule = (step: number) => number

/** A schedule to choose. */
export interface ScheduleMember<S extends ParameterSchema = ParameterSchema> extends MemberDeclaration<S> {
  /** @param span the highest rate, and the number of steps: of the student, of the epochs … */
  create(values: ValuesOf<S>, span: { readonly peak: number; readonly total: number }): Schedule
}

/** Types the schedule's own parameters. */
export const defineSchedule = <S extends ParameterSchema>(schedule: ScheduleMember<S>): ScheduleMember<S> => schedule
