/** How a learning rate moves. A new schedule is one file and its place in the list. */
import { createRegistry, valuesForMember, type ParameterSchema } from '../../../../shared/schema'
import { constant } from './constant'
import { cosine } from './cosine'
import { oneCycle } from './oneCycle'
import { step } from './step'
import type { Schedule, ScheduleMember } from './types'

/** With the types of their parameters, for schemas that offer them. */
export const scheduleMembers = [oneCycle, step, cosine, constant] as const

export const schedules = createRegistry(
  'schedule',
  'Schedules',
  scheduleMembers as unknown as readonly ScheduleMember[],
)

/** The schedule that `values.schedule` names, with those of its parameters that show in `schema`. */
export function createSchedule(
  schema: ParameterSchema,
  values: Readonly<Record<string, unknown>> & { readonly schedule: string },
  span: { readonly peak: number; readonly total: number },
): Schedule {
  const member = schedules.get(values.schedule)
  return member.create(valuesForMember(member, schema, values) as never, span)
}

export { constant, constantSchedule } from './constant'
export { cosine, cosineSchedule } from './cosine'
export { oneCycle, oneCycleSchedule } from './oneCycle'
export { step, stepSchedule } from './step'
export type { Schedule, ScheduleMember } from './types'
