/**
 * What goes along when a draft's distillation method changes: values that were the old method's become the new one's;
 * those that the researcher set stay.
 */
import {
  proposedIntervals,
  recordingIntervals,
  type ExperimentConfig,
  type MemberChoice,
  type RecordingInterval,
  type StudentPlan,
} from '@shared/domain'
import { memberDefaults, type FamilyId, type MemberDescription } from '@shared/schema'

export type FindMember = (family: FamilyId, id: string) => MemberDescription | undefined

const sameValue = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** The students, with defaults of their defenses that depend on the method. */
export function studentsWithMethod(config: ExperimentConfig, method: string, find: FindMember): StudentPlan[] {
  const chosen = config.distillation.method.id
  const followed = ({ id, params }: MemberChoice): MemberChoice => {
    const member = find('defense', id)
    if (!member) return { id, params }
    const [before, after] = [memberDefaults(member, chosen), memberDefaults(member, method)]
    const values = Object.entries(params).map(([name, value]) => [
      name,
      sameValue(value, before[name]) ? after[name] : value,
    ])
    return { id, params: Object.fromEntries(values) }
  }
  return config.students.map(({ defenses }) => ({ defenses: defenses.map(followed) }))
}

/** The recording intervals that change; see `proposedIntervals`. */
export function intervalsWithMethod(
  config: ExperimentConfig,
  method: MemberChoice,
  find: FindMember,
): Partial<Record<RecordingInterval, number>> {
  const proposals = ({ id, params }: MemberChoice) => proposedIntervals(find('distillation', id), params)
  const [before, after] = [proposals(config.distillation.method), proposals(method)]
  return Object.fromEntries(
    recordingIntervals
      .filter((interval) => config.recording[interval] === before[interval])
      .map((interval) => [interval, after[interval]]),
  )
}
