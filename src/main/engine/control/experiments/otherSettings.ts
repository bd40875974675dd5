/**
 * In which settings a run's models differ from those behind the published numbers, in words: without it a difference to
 * them says nothing.
 */
import {
  poisoningSchema,
  precisionOf,
  precisionTitles,
  publishedColumn,
  publishedData,
  publishedPresetId,
  publishedRates,
  type ExperimentConfig,
  type ExperimentPreset,
  type MemberChoice,
  type StageRecord,
  type StudentPlan,
} from '../../../../shared/domain'
import { teacherTrainingSchema } from '../../families/teacherTraining'
import { memberDifferences, parameterDifferences } from './differences'
import { resolveExperiment } from './resolve'
import type { MemberTable } from './memberTable'

type Model = Pick<StageRecord, 'kind' | 'index' | 'method' | 'defense'>
/**
 * Sentences without a full stop, the first part of the pipeline first; undefined where nothing is published about such
 * a model.
 */
export type OtherSettings = (config: ExperimentConfig, model: Model) => string[] | undefined

/** Ours and the published experiment. */
interface Experiments {
  readonly ours: ExperimentConfig
  readonly theirs: ExperimentConfig
}

/** The published triggers come from files; without its file an attack draws its own. */
function missingFile(table: MemberTable, { id, params }: MemberChoice): string[] {
  const [name, field] =
    Object.entries(table.find('attack', id)?.params ?? {}).find(([, entry]) => entry.kind === 'path') ?? []
  return name !== undefined && field !== undefined && params[name] === ''
    ? [`attack: no ${field.label.toLowerCase()} is named, so the trigger is not the published one`]
    : []
}

function teacherDifferences(table: MemberTable, { ours, theirs }: Experiments): string[] {
  if (ours.teacher.source === 'file') {
    const [target, published] = [ours.poisoning.target, theirs.poisoning.target]
    return [
      'teacher: from a file, trained nobody knows how',
      ...(target === published ? [] : [`poisoning: ${poisoningSchema.target.label} ${target} instead of ${published}`]),
    ]
  }
  return [
    ...parameterDifferences(poisoningSchema, { part: 'poisoning', ours: ours.poisoning, theirs: theirs.poisoning }),
    ...memberDifferences(table, 'architecture', {
      part: 'teacher',
      ours: ours.teacher.architecture,
      theirs: theirs.teacher.architecture,
    }),
    ...parameterDifferences(teacherTrainingSchema, {
      part: 'teacher',
      ours: ours.teacher.training,
      theirs: theirs.teacher.training,
    }),
  ]
}

/** The published numbers were computed in TF32, which float32 only refines. */
const precisionDifference = (ours: ExperimentConfig): string[] =>
  precisionOf(ours) === 'mixed' ? [`execution: ${precisionTitles.mixed} instead of float32`] : []

const defensesOf = (plan: StudentPlan | undefined): readonly MemberChoice[] =>
  [...(plan?.defenses ?? [])].sort((left, right) => (left.id < right.id ? -1 : 1))
const idsOf = (plan: StudentPlan | undefined): string =>
  defensesOf(plan)
    .map(({ id }) => id)
    .join('+')

function studentDifferences(
  table: MemberTable,
  { ours, theirs }: Experiments,
  plan: StudentPlan | undefined,
): string[] {
  const published = defensesOf(theirs.students.find((other) => idsOf(other) === idsOf(plan)))
  const [our, their] = [ours.distillation, theirs.distillation]
  return [
    ...memberDifferences(table, 'architecture', {
      part: 'student',
      ours: our.architecture,
      theirs: their.architecture,
    }),
    ...memberDifferences(table, 'distillation', { part: 'method', ours: our.method, theirs: their.method }),
    ...defensesOf(plan).flatMap((defense, index) => {
      const other = published[index]
      const part = table.find('defense', defense.id)?.title ?? defense.id
      return other ? memberDifferences(table, 'defense', { part, ours: defense, theirs: other }) : []
    }),
  ]
}

/** The preset that repeats the published number of such a model; undefined where none is published. */
function presetOf(
  presets: readonly ExperimentPreset[],
  config: ExperimentConfig,
  { kind, method, defense }: Model,
): ExperimentPreset | undefined {
  if (config.data.id !== publishedData || kind === 'data') return undefined
  const model = { kind, method: method ?? null, defense: defense ?? null }
  const column = publishedColumn(model, config.distillation.method.id)
  if (column === null || publishedRates(config.attack.id, column) === null) return undefined
  return presets.find((entry) => entry.id === publishedPresetId(config.attack.id, column))
}

/**
 * Compares with the preset of the published number: data, attack, poisoning and teacher of any model; network, method
 * and its own defenses of a student.
 * Seed, device and what is recorded do not count. How many images the data set has is known only when it is loaded:
 * StageRecord.imageCounts.
 */
export function createOtherSettings(presets: readonly ExperimentPreset[], table: MemberTable): OtherSettings {
  return (ours, model) => {
    const preset = presetOf(presets, ours, model)
    if (!preset) return undefined
    const theirs = resolveExperiment(preset.config, table).config
    return [
      ...memberDifferences(table, 'dataset', { part: 'data', ours: ours.data, theirs: theirs.data }),
      ...memberDifferences(table, 'attack', { part: 'attack', ours: ours.attack, theirs: theirs.attack }),
      ...missingFile(table, ours.attack),
      ...teacherDifferences(table, { ours, theirs }),
      ...precisionDifference(ours),
      ...(model.kind === 'student' ? studentDifferences(table, { ours, theirs }, ours.students[model.index]) : []),
    ]
  }
}
