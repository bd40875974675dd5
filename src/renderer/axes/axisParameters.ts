/** What an axis of a study can vary: the short names, and every parameter that the base and its members have. */
import type { Catalogue } from '@shared/contract'
import { flattenConfig, type AxisPath, type AxisValue, type ExperimentConfig, type StudyAxis } from '@shared/domain'
import type { FamilyId, Field, MemberDescription, ParameterSchema } from '@shared/schema'
import { axisFamilies } from '../composables/useAxisLabels'

interface Offer {
  readonly path: AxisPath
  readonly title: string
  /** What it stands under in the list. */
  readonly group: string
  readonly help: string
}
export type AxisParameter = Offer &
  (
    | { readonly kind: 'seeds' | 'defenses' | 'files' }
    /** `as`: what a value of the axis is, a whole choice or the member's id alone. */
    | { readonly kind: 'members'; readonly family: FamilyId; readonly as: 'choice' | 'id' }
    | { readonly kind: 'field'; readonly field: Field }
  )

const short: readonly AxisParameter[] = [
  { path: 'seed', title: 'Seed', group: 'Most used', kind: 'seeds', help: 'Means and deviations are taken over it.' },
  {
    path: 'attack',
    title: 'Attack',
    group: 'Most used',
    ...members('attack'),
    help: 'Triggers, each at its defaults.',
  },
  {
    path: 'defenses',
    title: 'Defenses',
    group: 'Most used',
    kind: 'defenses',
    help: 'None, each defense, or several together.',
  },
  {
    path: 'method',
    title: 'Method',
    group: 'Most used',
    ...members('method'),
    help: 'How the student is distilled.',
  },
  { path: 'data', title: 'Data set', group: 'Most used', ...members('data'), help: 'What the teacher learns.' },
  {
    path: 'teacher.file',
    title: 'Teacher file',
    group: 'Most used',
    kind: 'files',
    help: 'Weights from files in place of teachers trained here.',
  },
]
function members(path: string) {
  return { kind: 'members' as const, family: axisFamilies[path] ?? ('attack' as const), as: 'choice' as const }
}

/** Places of a configuration whose parameters are a section of the catalogue. */
const sectionPlaces = [
  ['poisoning', 'poisoning'],
  ['training', 'teacher.training'],
  ['recording', 'recording'],
  ['execution', 'execution'],
] as const

/** Places whose parameters are those of the member that stands there. */
const memberPlaces: readonly (readonly [place: string, family: FamilyId, axis: string | null])[] = [
  ['data', 'dataset', 'data'],
  ['attack', 'attack', 'attack'],
  ['distillation.method', 'distillation', 'method'],
  ['teacher.architecture', 'architecture', null],
  ['distillation.architecture', 'architecture', null],
]
const architecturePlaces = [
  ['teacher.architecture', 'Teacher’s architecture'],
  ['distillation.architecture', 'Student’s architecture'],
] as const

const fieldsOf = (schema: ParameterSchema, place: string, group: string): AxisParameter[] =>
  Object.entries(schema).map(([name, field]) => ({
    path: `${place}.${name}`,
    title: field.label,
    group,
    kind: 'field' as const,
    field,
    help: field.help,
  }))

/**
 * Everything that an axis can vary.
 * @param base the resolved configuration, for the members in it; null while it is not known
 * @param axes the other axes, whose members have parameters too
 */
export function axisParameters(
  catalogue: Catalogue,
  base: ExperimentConfig | null,
  axes: readonly StudyAxis[],
): AxisParameter[] {
  const membersOf = (family: FamilyId): readonly MemberDescription[] =>
    catalogue.families.find(({ id }) => id === family)?.members ?? []
  const idAt = new Map(flattenConfig(base ?? {}))
  const chosen = (place: string, family: FamilyId, axis: string | null): MemberDescription[] => {
    const ids = new Set([idAt.get(`${place}.id`), ...labelsOf(axes, axis)])
    return membersOf(family).filter(({ id }) => ids.has(id))
  }
  const architectures = architecturePlaces.map(([place, title]): AxisParameter => ({
    path: `${place}.id`,
    title,
    group: 'Architectures',
    kind: 'members',
    family: 'architecture',
    as: 'id',
    help: 'Each at its defaults.',
  }))
  const ofMembers = memberPlaces.flatMap(([place, family, axis]) =>
    chosen(place, family, axis).flatMap(({ params, title }) => fieldsOf(params, `${place}.params`, title)),
  )
  const ofSections = sectionPlaces.flatMap(([id, place]) =>
    fieldsOf(catalogue.sections[id].params, place, catalogue.sections[id].title),
  )
  const seen = new Set<string>()
  return [...short, ...ofMembers, ...architectures, ...ofSections].filter(
    ({ path }) => !seen.has(path) && seen.add(path),
  )
}
const labelsOf = (axes: readonly StudyAxis[], path: string | null): string[] =>
  axes.filter((axis) => axis.path === path).flatMap(({ values }) => (values ?? []).map(({ label }) => label))

/** An axis of a path that nobody knows is shown by its path, and its values as text. */
export const unknownParameter = ({ path, title }: Pick<StudyAxis, 'path' | 'title'>): AxisParameter => ({
  path,
  title: title ?? path,
  group: '',
  kind: 'field',
  field: { kind: 'text', label: title ?? path, default: '', maxLength: 1000, help: '' },
  help: '',
})

/** A value of a field with the label it has in tables. */
export const fieldValue = (value: unknown): AxisValue => ({
  label: typeof value === 'string' ? value : JSON.stringify(value),
  value,
})

/** What a new axis begins with. */
export function firstValues(parameter: AxisParameter): AxisValue[] {
  switch (parameter.kind) {
    case 'seeds':
      return [0, 1, 2].map(fieldValue)
    case 'defenses':
    case 'files':
    case 'members':
      return []
    case 'field':
      return parameter.field.kind === 'boolean'
        ? [false, true].map(fieldValue)
        : parameter.field.kind === 'path'
          ? []
          : [fieldValue(parameter.field.default)]
  }
}
