/** What a configuration says, as facts: every parameter that is shown and has a say, by its path. */
import { defenseLabel, type ExperimentConfig, type MemberChoice } from '../../../../shared/domain'
import {
  defaultsOf,
  isVisible,
  type FamilyId,
  type Field,
  type JsonScalar,
  type ParameterSchema,
} from '../../../../shared/schema'
import type { MemberTable } from '../experiments/memberTable'
import { sections } from '../experiments/sections'

export type Facts = Map<string, JsonScalar>

/** A path that a configuration may have. */
export interface Setting {
  readonly path: string
  readonly title: string
  /** The section, or the member, that it belongs to. */
  readonly part: string
  readonly field: Field | null
  /** Of a place where a member stands: its family. */
  readonly family?: FamilyId
  /** Says nothing of a teacher. */
  readonly students: boolean
  /** Of a student's defenses: each student has its own. */
  readonly ofModel: boolean
}

interface MemberPlace {
  /** What the path of its choice is called; its parameters lie at `<place>.params.<name>`. */
  readonly path: string
  readonly place: string
  readonly title: string
  readonly family: FamilyId
  readonly students: boolean
  readonly of: (config: ExperimentConfig) => MemberChoice
}

/** Named as the axes of studies and the fields of pivots are. */
const memberPlaces: readonly MemberPlace[] = [
  { path: 'data', place: 'data', title: 'Data set', family: 'dataset', students: false, of: ({ data }) => data },
  { path: 'attack', place: 'attack', title: 'Attack', family: 'attack', students: false, of: ({ attack }) => attack },
  {
    path: 'teacher.architecture.id',
    place: 'teacher.architecture',
    title: 'Teacher’s network',
    family: 'architecture',
    students: false,
    of: ({ teacher }) => teacher.architecture,
  },
  {
    path: 'method',
    place: 'distillation.method',
    title: 'Method',
    family: 'distillation',
    students: true,
    of: ({ distillation }) => distillation.method,
  },
  {
    path: 'distillation.architecture.id',
    place: 'distillation.architecture',
    title: 'Student’s network',
    family: 'architecture',
    students: true,
    of: ({ distillation }) => distillation.architecture,
  },
]

interface Section {
  readonly prefix: string
  readonly title: string
  readonly params: ParameterSchema
  readonly of: (config: ExperimentConfig) => Record<string, unknown>
}

/** A run's name is its record's. */
const { name: _name, ...experiment } = sections.experiment.params
const parts: readonly Section[] = [
  { prefix: '', ...sections.experiment, params: experiment, of: (config) => ({ seed: config.seed }) },
  { prefix: 'poisoning.', ...sections.poisoning, of: ({ poisoning }) => poisoning },
  { prefix: 'teacher.', ...sections.teacher, of: ({ teacher }) => teacher },
  { prefix: 'teacher.training.', ...sections.training, of: ({ teacher }) => teacher.training },
  { prefix: 'recording.', ...sections.recording, of: ({ recording }) => recording },
  { prefix: 'execution.', ...sections.execution, of: ({ execution }) => execution },
]

/** Of a teacher from a file nobody knows how it was trained, nor on what; its target counts in the evaluation. */
const saysNothing = (config: ExperimentConfig, path: string): boolean =>
  config.teacher.source === 'file' &&
  (path.startsWith('teacher.training.') || (path.startsWith('poisoning.') && path !== 'poisoning.target'))

export const defensesPath = 'defenses'

/** Every path that a configuration of this catalogue may have. */
export function settingsOf(table: MemberTable): Setting[] {
  const found = new Map<string, Setting>()
  const add = (setting: Setting): void => {
    if (!found.has(setting.path)) found.set(setting.path, setting)
  }
  const common = { students: false, ofModel: false }
  for (const { prefix, title: part, params } of parts)
    for (const [name, field] of Object.entries(params))
      add({ ...common, path: `${prefix}${name}`, title: field.label, part, field })
  for (const { path, place, title, family, students } of memberPlaces) {
    add({ ...common, path, title, part: title, field: null, family, students })
    for (const member of table.family(family))
      for (const [name, field] of Object.entries(member.params))
        add({ ...common, path: `${place}.params.${name}`, title: field.label, part: title, field, students })
  }
  add({
    path: defensesPath,
    title: 'Defense',
    part: 'Defense',
    field: null,
    family: 'defense',
    students: true,
    ofModel: true,
  })
  for (const { id, title, short = title, params } of table.family('defense'))
    for (const [name, field] of Object.entries(params))
      add({
        path: `${defensesPath}.${id}.${name}`,
        title: `${short}: ${field.label}`,
        part: title,
        field,
        students: true,
        ofModel: true,
      })
  return [...found.values()]
}

/** Of a run: what all its models have in common. */
export function factsOfConfiguration(config: ExperimentConfig, table: MemberTable): Facts {
  const facts: Facts = new Map()
  for (const { prefix, params, of } of parts)
    addParameters(facts, { prefix, params, values: of(config), skip: (path) => saysNothing(config, path) })
  for (const { path, place, family, of } of memberPlaces) {
    const choice = of(config)
    if (saysNothing(config, path)) continue
    facts.set(path, choice.id)
    addMember(facts, { prefix: `${place}.params.`, family, choice, table })
  }
  return facts
}

/** Of a student: its defenses and their parameters. */
export function factsOfDefenses(config: ExperimentConfig, student: number, table: MemberTable): Facts {
  const facts: Facts = new Map()
  const plan = config.students[student]
  if (!plan) return facts
  facts.set(defensesPath, defenseLabel(plan))
  for (const choice of plan.defenses)
    addMember(facts, { prefix: `${defensesPath}.${choice.id}.`, family: 'defense', choice, table })
  return facts
}

function addMember(
  facts: Facts,
  part: { prefix: string; family: FamilyId; choice: MemberChoice; table: MemberTable },
): void {
  const member = part.table.find(part.family, part.choice.id)
  if (!member) return
  // What an earlier version did not know yet has its default.
  const values = { ...defaultsOf(member.params), ...part.choice.params }
  addParameters(facts, { prefix: part.prefix, params: member.params, values })
}

function addParameters(
  facts: Facts,
  part: {
    prefix: string
    params: ParameterSchema
    values: Record<string, unknown>
    skip?: (path: string) => boolean
  },
): void {
  for (const [name, field] of Object.entries(part.params)) {
    const path = `${part.prefix}${name}`
    if (!isVisible(field, part.values) || part.skip?.(path)) continue
    const value = scalarOf(part.values[name])
    if (value !== null && value !== '') facts.set(path, value)
  }
}

function scalarOf(value: unknown): JsonScalar {
  if (Array.isArray(value)) return value.join(', ')
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null
}
