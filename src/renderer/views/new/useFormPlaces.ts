import { computed, type ComputedRef } from 'vue'
import type { ExperimentConfig, MemberChoice } from '@shared/domain'
import { isVisible, type Field, type FamilyId, type ParameterSchema } from '@shared/schema'
import { useEngineStore } from '../../stores/engine'
import { sectionOf, seedsField, type SectionId } from './formSections'

/** A parameter of the experiment as it is set up. */
export interface FormPlace {
  readonly path: string
  /** null: above the sections. */
  readonly section: SectionId | null
  readonly field: Field
  /** What it belongs to, such as the title of the attack. */
  readonly owner: string
  readonly value: unknown
  /** The path of the field that hides it now; null where it shows. */
  readonly hiddenBy: string | null
}

/** A choice of a family's member. */
export interface MemberPlace {
  readonly path: string
  readonly label: string
  readonly family: FamilyId
  readonly choice: MemberChoice
}

export const memberPlacesOf = (config: ExperimentConfig): MemberPlace[] => [
  { path: 'data', label: 'Data set', family: 'dataset', choice: config.data },
  { path: 'attack', label: 'Attack', family: 'attack', choice: config.attack },
  { path: 'teacher.architecture', label: 'Network', family: 'architecture', choice: config.teacher.architecture },
  { path: 'distillation.method', label: 'Method', family: 'distillation', choice: config.distillation.method },
  {
    path: 'distillation.architecture',
    label: 'Student network',
    family: 'architecture',
    choice: config.distillation.architecture,
  },
  ...config.students.flatMap(({ defenses }, student) =>
    defenses.map((choice, place) => ({
      path: `students.${student}.defenses.${place}`,
      label: `Defense of student ${student + 1}`,
      family: 'defense' as const,
      choice,
    })),
  ),
]

/** Every parameter that the form has now, in the form's order. @param seeds how many runs, as typed */
export function useFormPlaces(
  config: () => ExperimentConfig | null,
  seeds: () => unknown,
): ComputedRef<readonly FormPlace[]> {
  const engine = useEngineStore()
  return computed(() => {
    const now = config()
    const sections = engine.catalogue?.sections
    if (!now || !sections) return []
    const member = ({ path, family, choice }: MemberPlace): FormPlace[] => {
      const found = engine.member(family, choice.id)
      return found ? placesIn(`${path}.params`, found.params, choice.params, found.title) : []
    }
    const ofMembers = memberPlacesOf(now)
    const under = (path: string): FormPlace[] =>
      ofMembers.filter((place) => place.path.startsWith(path)).flatMap(member)
    const trained = now.teacher.source === 'train'
    return [
      ...placesIn('', sections.experiment.params, now, sections.experiment.title),
      {
        path: 'seeds',
        section: null,
        field: seedsField,
        owner: sections.experiment.title,
        value: seeds(),
        hiddenBy: null,
      },
      ...under('data'),
      ...under('attack'),
      ...placesIn('poisoning', sections.poisoning.params, now.poisoning, sections.poisoning.title),
      ...placesIn('teacher', sections.teacher.params, now.teacher, sections.teacher.title),
      ...(trained ? under('teacher.architecture') : []),
      ...(trained
        ? placesIn('teacher.training', sections.training.params, now.teacher.training, sections.training.title)
        : []),
      ...under('distillation.method'),
      ...under('distillation.architecture'),
      ...under('students'),
      ...placesIn('recording', sections.recording.params, now.recording, sections.recording.title),
      ...placesIn('execution', sections.execution.params, now.execution, sections.execution.title),
    ]
  })
}

function placesIn(at: string, schema: ParameterSchema, given: object, owner: string): FormPlace[] {
  const pathOf = (name: string): string => (at === '' ? name : `${at}.${name}`)
  const values: Record<string, unknown> = { ...given }
  const complete = Object.fromEntries(
    Object.entries(schema).map(([name, field]) => [name, values[name] ?? field.default]),
  )
  return Object.entries(schema).map(([name, field]) => ({
    path: pathOf(name),
    section: sectionOf(pathOf(name)),
    field,
    owner,
    value: complete[name],
    hiddenBy: isVisible(field, complete) || !field.visibleWhen ? null : pathOf(field.visibleWhen.field),
  }))
}
