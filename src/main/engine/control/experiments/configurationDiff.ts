/** In which settings experiments, or single models of them, differ: one row a setting, named as it is declared. */
import {
  stageIdOf,
  stageNameOf,
  teacherSourceSchema,
  type ConfigurationDiff,
  type ExperimentConfig,
  type MemberChoice,
  type RunSummary,
  type StageName,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { defaultsOf, isVisible, type FamilyId, type ParameterSchema } from '../../../../shared/schema'
import { valueText } from './differences'
import type { MemberTable } from './memberTable'
import { sections } from './sections'

/** An experiment, or one model of it: then only what concerns that model is looked at. */
export interface Described {
  readonly config: ExperimentConfig
  readonly model?: StageName
}

/** The runs that keys are looked up in. */
export interface KnownRuns {
  /** Both throw RefusedInputError where there is none. */
  config(runId: string): ExperimentConfig
  peek(runId: string): Pick<RunSummary, 'stages'>
}

/**
 * @param key of a run its id, of a model `<run>/<stage>`
 * @throws RefusedInputError where there is no such run or model
 */
export function describe(key: string, runs: KnownRuns): Described {
  const [runId = '', stageId] = key.split('/')
  const config = runs.config(runId)
  if (stageId === undefined) return { config }
  const models = runs.peek(runId).stages.filter(({ kind }) => kind !== 'data')
  const model: StageName | undefined = stageNameOf(stageId)
  if (model && models.some(({ id }) => id === stageIdOf(model))) return { config, model }
  throw new RefusedInputError(`The run "${runId}" has no model "${stageId}".`, {
    wanted: models.map(({ id }) => `${runId}/${id}`).join(', ') || 'a run with a teacher or students',
    got: key,
    where: 'keys',
  })
}

/** One setting of one experiment, before it is put into words: most are alike everywhere. */
interface Setting {
  /** The same for what stands in one row. */
  readonly row: string
  readonly path: string
  readonly part: string
  readonly title: string
  readonly value: unknown
  words(): string
}

/** A setting over all experiments. */
interface Row {
  readonly first: Setting
  readonly settings: (Setting | undefined)[]
}

/** Settings that some have and others have not count as different; names and what does not show count nothing. */
export function configurationDiff(described: readonly Described[], table: MemberTable): ConfigurationDiff {
  const rows = new Map<string, Row>()
  described.forEach((one, index) => {
    for (const setting of settingsOf(one, table)) {
      const row = rows.get(setting.row) ?? { first: setting, settings: [] }
      row.settings[index] = setting
      rows.set(setting.row, row)
    }
  })
  return {
    rows: [...rows.values()]
      .filter(({ settings }) => differ(settings, described.length))
      .map(({ first: { path, part, title }, settings }) => ({
        path,
        title,
        part,
        values: described.map((_, index) => settings[index]?.words() ?? null),
      })),
  }
}

function differ(settings: readonly (Setting | undefined)[], count: number): boolean {
  const texts = new Set<string | undefined>()
  for (let index = 0; index < count; index++) {
    const setting = settings[index]
    texts.add(setting && JSON.stringify(setting.value))
    if (texts.size > 1) return true
  }
  return false
}

function settingsOf({ config, model }: Described, table: MemberTable): Setting[] {
  const { data, attack, poisoning, teacher, distillation, students, recording, execution } = config
  const trained = teacher.source === 'train'
  const { name: _name, ...counted } = sections.experiment.params
  const member = memberSettings(table)
  const ofTeacher = [
    ...parameters(counted, { ...config }, { part: sections.experiment.title, path: '' }),
    ...member('dataset', data, { role: 'Data set', path: 'data' }),
    ...member('attack', attack, { role: 'Attack', path: 'attack' }),
    ...parameters(trained ? sections.poisoning.params : { target: sections.poisoning.params.target }, poisoning, {
      part: sections.poisoning.title,
      path: 'poisoning',
    }),
    ...parameters(teacherSourceSchema, teacher, { part: sections.teacher.title, path: 'teacher' }),
    ...member('architecture', teacher.architecture, { role: 'Teacher', path: 'teacher.architecture' }),
    ...(trained
      ? parameters(sections.training.params, teacher.training, {
          part: sections.training.title,
          path: 'teacher.training',
        })
      : []),
  ]
  if (model?.kind === 'teacher') return ofTeacher
  const ofDistillation = [
    ...member('architecture', distillation.architecture, { role: 'Student', path: 'distillation.architecture' }),
    ...member('distillation', distillation.method, { role: 'Method', path: 'distillation.method' }),
  ]
  if (model) return [...ofTeacher, ...ofDistillation, ...defensesOfModel(students[model.index]?.defenses ?? [], table)]
  return [
    ...ofTeacher,
    ...(students.length > 0 ? ofDistillation : []),
    ...studentSettings(config, table),
    ...parameters(sections.recording.params, recording, { part: sections.recording.title, path: 'recording' }),
    ...parameters(sections.execution.params, execution, { part: sections.execution.title, path: 'execution' }),
  ]
}

interface Place {
  readonly part: string
  readonly path: string
  /** Where its settings stand beside those of other experiments; default: the path. */
  readonly beside?: string
}

/** The parameters that show. */
function parameters(
  schema: ParameterSchema,
  given: Readonly<Record<string, unknown>>,
  { part, path, beside = path }: Place,
): Setting[] {
  const values: Record<string, unknown> = { ...defaultsOf(schema), ...given }
  return Object.entries(schema)
    .filter(([, field]) => isVisible(field, values))
    .map(([name, field]) => ({
      row: `${part}\n${beside}.${name}`,
      part,
      path: path === '' ? name : `${path}.${name}`,
      title: field.unit === undefined ? field.label : `${field.label} (${field.unit})`,
      value: values[name],
      words: () => valueText(field, values[name]),
    }))
}

/** A text that is in words already. */
const named = (title: string, value: string, { part, path }: Place): Setting => ({
  row: `${part}\n${path}`,
  part,
  path,
  title,
  value,
  words: () => value,
})

/** Which member it is, and its parameters under the member's title. */
const memberSettings =
  (table: MemberTable) =>
  (family: FamilyId, { id, params }: MemberChoice, { role, path }: { role: string; path: string }): Setting[] => {
    const member = table.find(family, id)
    const title = member?.title ?? id
    return [
      named(role, title, { part: role, path: `${path}.id` }),
      ...(member
        ? parameters(member.params, params, { part: partOf(family, role, title), path: `${path}.params` })
        : []),
    ]
  }

/** Teacher and student may have one network, each with its own parameters. */
const partOf = (family: FamilyId, role: string, title: string): string =>
  family === 'architecture' ? `${role}: ${title}` : title

const titlesOf = (defenses: readonly MemberChoice[], table: MemberTable): string =>
  defenses.map(({ id }) => table.find('defense', id)?.title ?? id).join(' and ') || 'no defense'

/** Models are compared by what their defenses have set, whichever students of their runs they are. */
const defensesOfModel = (defenses: readonly MemberChoice[], table: MemberTable): Setting[] => [
  named('Defenses', titlesOf(defenses, table), { part: 'Student', path: 'defenses' }),
  ...defenses.flatMap(({ id, params }) => {
    const member = table.find('defense', id)
    return member ? parameters(member.params, params, { part: member.title, path: `defenses.${id}` }) : []
  }),
]

/** Students are put beside each other by their defenses, the first of such a kind beside the first. */
function studentSettings({ students }: ExperimentConfig, table: MemberTable): Setting[] {
  const seen = new Map<string, number>()
  const all = named('Students', students.map(({ defenses }) => titlesOf(defenses, table)).join(', ') || 'none', {
    part: 'Students',
    path: 'students',
  })
  return [
    all,
    ...students.flatMap(({ defenses }, index) => {
      const titles = titlesOf(defenses, table)
      const occurrence = (seen.get(titles) ?? 0) + 1
      seen.set(titles, occurrence)
      return defenses.flatMap(({ id, params }, place) => {
        const member = table.find('defense', id)
        if (!member) return []
        const others = defenses.length > 1 ? ` (${titles})` : ''
        const counted = occurrence > 1 ? `, ${occurrence}` : ''
        const path = `students.${index}.defenses.${place}.params`
        return parameters(member.params, params, {
          part: `${member.title}${others}${counted}`,
          path,
          beside: 'students',
        })
      })
    }),
  ]
}
