/** The members that a configuration chooses, and what the catalogue knows of them. */
import type { Catalogue } from '../../shared/contract'
import type { PartialExperimentConfig } from '../../shared/domain'
import type { FamilyId, MemberDescription } from '../../shared/schema'

export const membersOf = (catalogue: Catalogue, family: FamilyId): MemberDescription[] =>
  catalogue.families.find((entry) => entry.id === family)?.members ?? []

export const asRecord = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {}

export interface ChosenMember {
  /** What its flags begin with: `attack`, `teacher`, or a defense's name. */
  prefix: string
  family: FamilyId
  id: unknown
  choice: unknown
  /** Path of the choice in the configuration. */
  place: string
}

/**
 * Every member of the configuration with the prefix of its flags and the place of its choice; what is left out is the
 * default's.
 */
export function chosenMembers(config: PartialExperimentConfig, { defaults }: Catalogue): ChosenMember[] {
  const { method, architecture: student } = asRecord(config.distillation)
  const { architecture: teacher } = asRecord(config.teacher)
  const chosen = (made: Omit<ChosenMember, 'id'>, fallback: string): ChosenMember => ({
    ...made,
    id: asRecord(made.choice).id ?? fallback,
  })
  const students: unknown[] = Array.isArray(config.students) ? config.students : []
  return [
    chosen({ prefix: 'data', family: 'dataset', choice: config.data, place: 'data' }, defaults.data.id),
    chosen({ prefix: 'attack', family: 'attack', choice: config.attack, place: 'attack' }, defaults.attack.id),
    chosen(
      { prefix: 'teacher', family: 'architecture', choice: teacher, place: 'teacher.architecture' },
      defaults.teacher.architecture.id,
    ),
    chosen(
      { prefix: 'student', family: 'architecture', choice: student, place: 'distillation.architecture' },
      defaults.distillation.architecture.id,
    ),
    chosen(
      { prefix: 'method', family: 'distillation', choice: method, place: 'distillation.method' },
      defaults.distillation.method.id,
    ),
    ...students.flatMap((plan, index) => {
      const { defenses } = asRecord(plan)
      return (Array.isArray(defenses) ? (defenses as unknown[]) : []).map((choice, position): ChosenMember => {
        const id = String(asRecord(choice).id)
        return { prefix: id, family: 'defense', id, choice, place: `students.${index}.defenses.${position}` }
      })
    }),
  ]
}
