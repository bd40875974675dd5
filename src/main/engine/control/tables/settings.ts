/**
 * What a configuration says, as facts: every parameter that is shown and has a say, by its path. They come in parts,
 * since runs have most parts in common.
 */
import {
  defenseLabel,
  isPrivileged,
  type ExperimentConfig,
  type MemberChoice,
  type RunSummary,
  type StudentPlan,
} from '../../../../shared/domain'
import {
  isVisible,
  memberDefaults,
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
  /** What the fact is said of: the run, a part of its configuration, a stage, or a student's defenses. */
  readonly level: 'run' | 'place' | 'defenses' | RunPart
}

/** Parts of the configuration of a run, each kept once. */
export const runParts = [
  'poisoning',
  'teaching',
  'training',
  'recording',
  'execution',
  'data',
  'attack',
  'teacherNetwork',
  'method',
  'studentNetwork',
] as const
export type RunPart = (typeof runParts)[number]

interface MemberPlace {
  readonly part: RunPart
  /** Names the parameter set of a member that it begins with. */
  readonly role?: string
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
  {
    part: 'data',
    path: 'data',
    place: 'data',
    title: 'Data set',
    family: 'dataset',
    students: false,
    of: ({ data }) => data,
  },
  {
    part: 'attack',
    path: 'attack',
    place: 'attack',
    title: 'Attack',
    family: 'attack',
    students: false,
    of: ({ attack }) => attack,
  },
  {
    part: 'teacherNetwork',
    role: 'teacher',
    path: 'teacher.architecture.id',
    place: 'teacher.architecture',
    title: 'Teacher’s network',
    family: 'architecture',
    students: false,
    of: ({ teacher }) => teacher.architecture,
  },
  {
    part: 'method',
    path: 'method',
    place: 'distillation.method',
    title: 'Method',
    family: 'distillation',
    students: true,
    of: ({ distillation }) => distillation.method,
  },
  {
    part: 'studentNetwork',
    role: 'student',
    path: 'distillation.architecture.id',
    place: 'distillation.architecture',
    title: 'Student’s network',
    family: 'architecture',
    students: true,
    of: ({ distillation }) => distillation.architecture,
  },
]

interface Section {
  readonly level: 'run' | RunPart
  readonly prefix: string
  readonly title: string
  readonly params: ParameterSchema
  readonly of: (config: ExperimentConfig) => Record<string, unknown>
}

/** A run's name is its record's. */
const { name: _name, ...experiment } = sections.experiment.params
/** The precision is a stage's: a fork may change it, and its teacher stays what it was. */
const { precision, ...execution } = sections.execution.params
const sectionsOfRuns: readonly Section[] = [
  { level: 'run', prefix: '', ...sections.experiment, params: experiment, of: (config) => ({ seed: config.seed }) },
  { level: 'poisoning', prefix: 'poisoning.', ...sections.poisoning, of: ({ poisoning }) => poisoning },
  { level: 'teaching', prefix: 'teacher.', ...sections.teacher, of: ({ teacher }) => teacher },
  { level: 'training', prefix: 'teacher.training.', ...sections.training, of: ({ teacher }) => teacher.training },
  { level: 'recording', prefix: 'recording.', ...sections.recording, of: ({ recording }) => recording },
  {
    level: 'execution',
    prefix: 'execution.',
    ...sections.execution,
    params: execution,
    of: (config) => config.execution,
  },
]

/** Of a teacher from a file nobody knows how it was trained, nor on what; its target counts in the evaluation. */
const saysNothing = (config: ExperimentConfig, path: string): boolean =>
  config.teacher.source === 'file' &&
  (path.startsWith('teacher.training.') || (path.startsWith('poisoning.') && path !== 'poisoning.target'))

export const defensesPath = 'defenses'
export const privilegedPath = 'privileged'
export const precisionPath = 'execution.precision'

/** Every path that a configuration of this catalogue may have. */
export function settingsOf(table: MemberTable): Setting[] {
  const found = new Map<string, Setting>()
  const add = (setting: Setting): void => {
    if (!found.has(setting.path)) found.set(setting.path, setting)
  }
  for (const { level, prefix, title: part, params } of sectionsOfRuns)
    for (const [name, field] of Object.entries(params))
      add({ level, path: `${prefix}${name}`, title: field.label, part, field, students: false })
  const { title: part } = sections.execution
  add({ level: 'place', path: precisionPath, title: precision.label, part, field: precision, students: false })
  for (const { part: level, path, place, title, family, students } of memberPlaces) {
    add({ level, path, title, part: title, field: null, family, students })
    for (const member of table.family(family))
      for (const [name, field] of Object.entries(member.params))
        add({ level, path: `${place}.params.${name}`, title: field.label, part: title, field, students })
  }
  const ofDefenses = { level: 'defenses', students: true } as const
  add({ ...ofDefenses, path: defensesPath, title: 'Defense', part: 'Defense', field: null, family: 'defense' })
  for (const { id, title: part, short = part, params } of table.family('defense'))
    for (const [name, field] of Object.entries(params))
      add({ ...ofDefenses, path: `${defensesPath}.${id}.${name}`, title: `${short}: ${field.label}`, part, field })
  return [...found.values()]
}

export interface ConfigurationFacts {
  /** What differs from run to run anyway. */
  readonly run: Facts
  readonly parts: ReadonlyMap<RunPart, Facts>
}

/** Of a run: what all its models have in common. */
export function factsOfConfiguration(config: ExperimentConfig, table: MemberTable): ConfigurationFacts {
  const run: Facts = new Map()
  const parts = new Map<RunPart, Facts>()
  for (const { level, prefix, params, of } of sectionsOfRuns) {
    const facts: Facts = level === 'run' ? run : new Map()
    addParameters(facts, { prefix, params, values: of(config), skip: (path) => saysNothing(config, path) })
    if (level !== 'run') parts.set(level, facts)
  }
  for (const { part, path, place, family, role, of } of memberPlaces) {
    const choice = of(config)
    const facts: Facts = new Map([[path, choice.id]])
    addMember(facts, { prefix: `${place}.params.`, family, choice, role, table })
    parts.set(part, facts)
  }
  return { run, parts }
}

/** Where the configuration cannot be read: what the record repeats of it. */
export function factsOfSummary(run: Readonly<RunSummary>): ConfigurationFacts {
  const poisoning: Facts = new Map<string, JsonScalar>([['poisoning.target', run.target]])
  if (run.poisonRatio !== null) poisoning.set('poisoning.ratio', run.poisonRatio)
  return {
    run: new Map([['seed', run.seed]]),
    parts: new Map<RunPart, Facts>([
      ['data', new Map([['data', run.data]])],
      ['attack', new Map([['attack', run.attack]])],
      ['method', new Map([['method', run.method]])],
      ['poisoning', poisoning],
    ]),
  }
}

/** Of a student: its defenses and their parameters, and whether it was given clean images. */
export function factsOfDefenses(plan: StudentPlan, method: string, table: MemberTable): Facts {
  const defense = defenseLabel(plan)
  const facts: Facts = new Map<string, JsonScalar>([
    [defensesPath, defense],
    [privilegedPath, isPrivileged((family, id) => table.find(family, id), { method, defense })],
  ])
  for (const choice of plan.defenses)
    addMember(facts, { prefix: `${defensesPath}.${choice.id}.`, family: 'defense', choice, role: method, table })
  return facts
}

function addMember(
  facts: Facts,
  part: { prefix: string; family: FamilyId; choice: MemberChoice; role: string | undefined; table: MemberTable },
): void {
  const member = part.table.find(part.family, part.choice.id)
  if (!member) return
  // What an earlier version did not know yet has its default.
  const values = { ...memberDefaults(member, part.role), ...part.choice.params }
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
