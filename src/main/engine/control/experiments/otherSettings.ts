/**
 * In which settings a run's models differ from those behind the published numbers, in words: without it a difference to
 * them says nothing.
 */
import type {
  ExperimentConfig,
  ExperimentPreset,
  MemberChoice,
  StageRecord,
  StudentPlan,
} from '../../../../shared/domain'
import {
  poisoningSchema,
  publishedColumn,
  publishedData,
  publishedPresetId,
  publishedRates,
} from '../../../../shared/domain'
import type { FamilyId, Field, ParameterSchema } from '../../../../shared/schema'
import { isVisible } from '../../../../shared/schema'
import { teacherTrainingSchema } from '../../families/teacherTraining'
import { resolveExperiment } from './resolve'
import type { MemberTable } from './memberTable'

type Model = Pick<StageRecord, 'kind' | 'index' | 'method' | 'defense'>
/**
 * Sentences without a full stop, the first part of the pipeline first; undefined where nothing is published about such
 * a model.
 */
export type OtherSettings = (config: ExperimentConfig, model: Model) => string[] | undefined

function valueText(field: Field, value: unknown): string {
  if (field.kind === 'choice') return field.options.find((option) => option.value === value)?.label ?? String(value)
  if (typeof value === 'boolean') return value ? 'on' : 'off'
  return typeof value === 'number'
    ? value.toLocaleString('en-US', { maximumSignificantDigits: 6 })
    : JSON.stringify(value)
}

/** Fields that have no say are left out, and so are paths: where files lie differs from machine to machine. */
function parameterDifferences(
  part: string,
  schema: ParameterSchema,
  ours: Record<string, unknown>,
  theirs: Record<string, unknown>,
): string[] {
  return Object.entries(schema).flatMap(([name, field]) => {
    if (
      field.kind === 'path' ||
      (!isVisible(field, ours) && !isVisible(field, theirs)) ||
      JSON.stringify(ours[name]) === JSON.stringify(theirs[name])
    )
      return []
    return [`${part}: ${field.label} ${valueText(field, ours[name])} instead of ${valueText(field, theirs[name])}`]
  })
}

function memberDifferences(
  table: MemberTable,
  part: string,
  family: FamilyId,
  ours: MemberChoice,
  theirs: MemberChoice,
): string[] {
  const member = table.find(family, ours.id)
  if (ours.id !== theirs.id)
    return [`${part}: ${member?.title ?? ours.id} instead of ${table.find(family, theirs.id)?.title ?? theirs.id}`]
  return member ? parameterDifferences(part, member.params, ours.params, theirs.params) : []
}

/** The published triggers come from files; without its file an attack draws its own. */
function missingFile(table: MemberTable, { id, params }: MemberChoice): string[] {
  const [name, field] =
    Object.entries(table.find('attack', id)?.params ?? {}).find(([, entry]) => entry.kind === 'path') ?? []
  return name !== undefined && field !== undefined && params[name] === ''
    ? [`attack: no ${field.label.toLowerCase()} is named, so the trigger is not the published one`]
    : []
}

function teacherDifferences(table: MemberTable, ours: ExperimentConfig, theirs: ExperimentConfig): string[] {
  if (ours.teacher.source === 'file') {
    return [
      'teacher: from a file, trained nobody knows how',
      ...(ours.poisoning.target === theirs.poisoning.target
        ? []
        : [
            `poisoning: ${poisoningSchema.target.label} ${ours.poisoning.target} instead of ${theirs.poisoning.target}`,
          ]),
    ]
  }
  return [
    ...parameterDifferences('poisoning', poisoningSchema, ours.poisoning, theirs.poisoning),
    ...memberDifferences(table, 'teacher', 'architecture', ours.teacher.architecture, theirs.teacher.architecture),
    ...parameterDifferences('teacher', teacherTrainingSchema, ours.teacher.training, theirs.teacher.training),
  ]
}

const defensesOf = (plan: StudentPlan | undefined): readonly MemberChoice[] =>
  [...(plan?.defenses ?? [])].sort((left, right) => (left.id < right.id ? -1 : 1))
const idsOf = (plan: StudentPlan | undefined): string =>
  defensesOf(plan)
    .map(({ id }) => id)
    .join('+')

function studentDifferences(
  table: MemberTable,
  ours: ExperimentConfig,
  theirs: ExperimentConfig,
  plan: StudentPlan | undefined,
): string[] {
  const published = defensesOf(theirs.students.find((other) => idsOf(other) === idsOf(plan)))
  return [
    ...memberDifferences(
      table,
      'student',
      'architecture',
      ours.distillation.architecture,
      theirs.distillation.architecture,
    ),
    ...memberDifferences(table, 'method', 'distillation', ours.distillation.method, theirs.distillation.method),
    ...defensesOf(plan).flatMap((defense, index) => {
      const other = published[index]
      return other
        ? memberDifferences(table, table.find('defense', defense.id)?.title ?? defense.id, 'defense', defense, other)
        : []
    }),
  ]
}

/**
 * Compares with the preset of the published number: data, attack, poisoning and teacher of any model; network, method
 * and its own defenses of a student.
 * Seed, device and what is recorded do not count. How many images the data set has is known only when it is loaded:
 * StageRecord.imageCounts.
 */
export function createOtherSettings(presets: readonly ExperimentPreset[], table: MemberTable): OtherSettings {
  return (config, { kind, index, method, defense }) => {
    if (config.data.id !== publishedData || kind === 'data') return undefined
    const column = publishedColumn(
      { kind, method: method ?? null, defense: defense ?? null },
      config.distillation.method.id,
    )
    if (column === null || publishedRates(config.attack.id, column) === null) return undefined
    const preset = presets.find((entry) => entry.id === publishedPresetId(config.attack.id, column))
    if (!preset) return undefined
    const reference = resolveExperiment(preset.config, table).config
    return [
      ...memberDifferences(table, 'data', 'dataset', config.data, reference.data),
      ...memberDifferences(table, 'attack', 'attack', config.attack, reference.attack),
      ...missingFile(table, config.attack),
      ...teacherDifferences(table, config, reference),
      ...(kind === 'student' ? studentDifferences(table, config, reference, config.students[index]) : []),
    ]
  }
}
