/** Checks that need more than one part of a configuration. */
import {
  channelValuesOf,
  defenseLabel,
  ownPixels,
  pixelValuesOf,
  type ExperimentConfig,
} from '../../../../shared/domain'
import { onlyFromFile, type Issue } from '../../../../shared/schema'
import type { MemberTable } from './memberTable'

type Check = (config: ExperimentConfig, table: MemberTable) => Issue | undefined

const error = (path: string, message: string): Issue => ({ path, severity: 'error', message })
const warning = (path: string, message: string): Issue => ({ path, severity: 'warning', message })

const numericFact = (facts: Record<string, unknown> | undefined, name: string): number | undefined => {
  const value = facts?.[name]
  return typeof value === 'number' ? value : undefined
}

const targetIsAClass: Check = (config, table) => {
  const classes = numericFact(table.find('dataset', config.data.id)?.facts, 'classes')
  return classes !== undefined && config.poisoning.target >= classes
    ? error(
        'poisoning.target',
        `wanted a class from 0 to ${classes - 1} of ${config.data.id}, got ${config.poisoning.target}`,
      )
    : undefined
}

const teacherFileIsNamed: Check = (config) =>
  config.teacher.source === 'file' && config.teacher.file.trim() === ''
    ? error('teacher.file', 'wanted the path of a weights file, got nothing')
    : undefined

const ownPixelsAreGiven: Check = ({ teacher }) => {
  if (teacher.source !== 'file' || teacher.normalization !== ownPixels) return undefined
  try {
    channelValuesOf(pixelValuesOf(teacher))
    return undefined
  } catch {
    return error(
      'teacher.normalizationValues',
      'wanted mean / deviation of each channel, e.g. 0.4914 0.4822 0.4465 / 0.247 0.243 0.261, deviations above 0',
    )
  }
}

/** A network that only a file can bring can be neither trained here nor be the student. */
const networksCanBeMade: Check = ({ teacher, distillation }, table) => {
  const comesWithFile = (id: string): boolean => table.find('architecture', id)?.facts[onlyFromFile] === true
  const got = (id: string): string => `wanted a network that can be trained, got ${id}, which comes only with a file`
  if (teacher.source === 'train' && comesWithFile(teacher.architecture.id))
    return error('teacher.architecture.id', got(teacher.architecture.id))
  return comesWithFile(distillation.architecture.id)
    ? error('distillation.architecture.id', got(distillation.architecture.id))
    : undefined
}

const cleanTeacher: Check = (config) =>
  config.teacher.source === 'train' && config.poisoning.ratio === 0
    ? warning('poisoning.ratio', 'is 0: the teacher is trained clean, and its ASR shows chance only')
    : undefined

const everythingPoisoned: Check = (config) =>
  config.teacher.source === 'train' && config.poisoning.ratio > 0.9
    ? warning('poisoning.ratio', 'leaves hardly any clean image to learn from')
    : undefined

const batchFitsTraining: Check = (config, table) => {
  const train = numericFact(table.find('dataset', config.data.id)?.facts, 'train')
  return train !== undefined && config.teacher.source === 'train' && config.teacher.training.batchSize > train
    ? error(
        'teacher.training.batchSize',
        `wanted at most the ${train} training images, got ${config.teacher.training.batchSize}`,
      )
    : undefined
}

const imagesFitPseudoBatch: Check = (config, table) => {
  const { id, params } = config.distillation.method
  const batchSize = params[String(table.find('distillation', id)?.facts.batchParameter)]
  return typeof batchSize === 'number' && config.recording.imagesPerStep > batchSize
    ? warning('recording.imagesPerStep', `is more than the pseudo batch of ${batchSize} images; all of them are kept`)
    : undefined
}

const someStudent: Check = (config) =>
  config.students.length === 0 ? warning('students', 'is empty: the run ends after the teacher') : undefined

const distinctStudents: Check = (config) => {
  const seen = new Map<string, number>()
  for (const [index, plan] of config.students.entries()) {
    const key = JSON.stringify(plan.defenses)
    const earlier = seen.get(key)
    if (earlier !== undefined)
      return warning(
        `students.${index}`,
        `is the same as student ${earlier + 1} (${defenseLabel(plan)}): the same seed gives the same result`,
      )
    seen.set(key, index)
  }
  return undefined
}

const distinctDefenses: Check = (config) => {
  for (const [index, plan] of config.students.entries()) {
    const ids = plan.defenses.map((defense) => defense.id)
    const twice = ids.findIndex((id, position) => ids.indexOf(id) !== position)
    if (twice >= 0)
      return error(`students.${index}.defenses.${twice}.id`, `wanted each defense once, got ${ids[twice] ?? ''} twice`)
  }
  return undefined
}

const withoutBatchNorm = (batchNorm: unknown, params: Record<string, unknown>): boolean =>
  batchNorm === false ||
  (typeof batchNorm === 'object' &&
    batchNorm !== null &&
    'parameter' in batchNorm &&
    params[String(batchNorm.parameter)] === false)

/** Some loss terms compare statistics of the teacher's batch norms. Of a file's network only its weights can tell. */
const methodNeedsBatchNorm: Check = ({ teacher, distillation: { method } }, table) => {
  const architecture = table.find('architecture', teacher.architecture.id)
  if (
    teacher.source === 'file' ||
    !architecture ||
    !withoutBatchNorm(architecture.facts.batchNorm, teacher.architecture.params)
  )
    return undefined
  const needing = table.find('distillation', method.id)?.facts.batchNormParameters
  const name = (Array.isArray(needing) ? needing : [])
    .map(String)
    .find((parameter) => Number(method.params[parameter]) > 0)
  return name === undefined
    ? undefined
    : error(
        `distillation.method.params.${name}`,
        `wanted 0, or a teacher with batch-norm layers, got ${String(method.params[name])} and ${teacher.architecture.id} without them`,
      )
}

/** Some defenses shuffle the channels between the teacher's convolutions. Of a file's network only its weights tell. */
const defensesNeedConvolutions: Check = ({ teacher, students }, table) => {
  if (
    teacher.source === 'file' ||
    table.find('architecture', teacher.architecture.id)?.facts.hiddenConvolutions !== false
  )
    return undefined
  for (const [index, plan] of students.entries()) {
    const at = plan.defenses.findIndex(({ id }) => table.find('defense', id)?.facts.needsHiddenConvolutions === true)
    if (at >= 0)
      return error(
        `students.${index}.defenses.${at}.id`,
        `wanted a teacher with convolutions behind its first layer, whose channels it can shuffle, got ${teacher.architecture.id}`,
      )
  }
  return undefined
}

/** TF32 is a GPU's; mixed precision is made where a step is one graph. */
const precisionCanBe: Check = ({ execution: { device, graph, precision } }) => {
  if (precision === 'tf32' && device === 'cpu')
    return error(
      'execution.precision',
      'wanted a GPU, which alone computes in TF32, got the CPU; choose float32, or a GPU',
    )
  return precision === 'mixed' && !graph
    ? error(
        'execution.precision',
        'wanted steps that run as graphs, in which bfloat16 is put, got them kernel by kernel',
      )
    : undefined
}

const checks: readonly Check[] = [
  targetIsAClass,
  teacherFileIsNamed,
  ownPixelsAreGiven,
  networksCanBeMade,
  cleanTeacher,
  everythingPoisoned,
  batchFitsTraining,
  imagesFitPseudoBatch,
  someStudent,
  distinctStudents,
  distinctDefenses,
  methodNeedsBatchNorm,
  defensesNeedConvolutions,
  precisionCanBe,
]

/** The findings that concern several parts of a configuration at once. */
export function crossCheck(config: ExperimentConfig, table: MemberTable): Issue[] {
  return checks.flatMap((check) => check(config, table) ?? [])
}
