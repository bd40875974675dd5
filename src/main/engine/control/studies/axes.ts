/** What an axis sets: short names for what needs more than one value, and any path of the configuration. */
import {
  liesWithin,
  withConfigValue,
  type AxisValue,
  type ExperimentConfig,
  type MemberChoice,
  type PartialExperimentConfig,
} from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import { nearest } from '../../../../shared/nearest'
import type { FamilyId, Issue, ParameterSchema } from '../../../../shared/schema'
import type { MemberTable } from '../experiments/memberTable'
import { sections } from '../experiments/sections'

/** A member that stands at one place of a configuration. */
interface MemberPlace {
  readonly place: string
  readonly family: FamilyId
}

const memberPlaces: readonly MemberPlace[] = [
  { place: 'data', family: 'dataset' },
  { place: 'attack', family: 'attack' },
  { place: 'teacher.architecture', family: 'architecture' },
  { place: 'distillation.architecture', family: 'architecture' },
  { place: 'distillation.method', family: 'distillation' },
  { place: 'students.0.defenses.0', family: 'defense' },
]

/** Axes with a name of their own: what tables call them, where they write, and whose members they choose. */
export const namedAxes: Readonly<
  Record<string, { readonly title: string; readonly place: string; readonly family?: FamilyId }>
> = {
  seed: { title: 'Seed', place: 'seed' },
  data: { title: 'Data set', place: 'data', family: 'dataset' },
  attack: { title: 'Attack', place: 'attack', family: 'attack' },
  method: { title: 'Method', place: 'distillation.method', family: 'distillation' },
  defenses: { title: 'Defense', place: 'students', family: 'defense' },
  'teacher.file': { title: 'Teacher', place: 'teacher.file' },
}

const sectionPlaces: readonly (readonly [prefix: string, schema: ParameterSchema])[] = [
  ['', sections.experiment.params],
  ['poisoning.', sections.poisoning.params],
  ['teacher.', sections.teacher.params],
  ['teacher.training.', sections.training.params],
  ['recording.', sections.recording.params],
  ['execution.', sections.execution.params],
]
/** A cell's name says which it is. */
const notVaried = new Set(['name'])

const fieldsOfTable = new WeakMap<MemberTable, ReadonlyMap<string, string>>()

/** Every path that an axis may vary, with its label. Parameters of all members that may stand at a place. */
export function axisPaths(table: MemberTable): ReadonlyMap<string, string> {
  const known = fieldsOfTable.get(table)
  if (known) return known
  const paths = new Map(Object.entries(namedAxes).map(([path, { title }]) => [path, title]))
  const add = (prefix: string, schema: ParameterSchema): void => {
    for (const [name, { label }] of Object.entries(schema))
      if (!notVaried.has(name) && !paths.has(`${prefix}${name}`)) paths.set(`${prefix}${name}`, label)
  }
  for (const [prefix, schema] of sectionPlaces) add(prefix, schema)
  for (const { place, family } of memberPlaces) {
    paths.set(`${place}.id`, place)
    for (const { params } of table.family(family)) add(`${place}.params.`, params)
  }
  fieldsOfTable.set(table, paths)
  return paths
}

/** The student's number and the defense's make no difference to what is known there. */
const canonical = (path: string): string => path.replace(/^students\.0\.defenses\.\d+\./, 'students.0.defenses.0.')

/**
 * What tables call the axis.
 * @throws RefusedInputError naming the nearest known path where there is none like this
 */
export function axisTitle(path: string, table: MemberTable): string {
  const paths = axisPaths(table)
  const title = paths.get(canonical(path))
  if (title !== undefined) return title
  const near = nearest(path, [...paths.keys()])
  throw new RefusedInputError(`There is no parameter "${path}" that a study could vary.`, {
    wanted: near === undefined ? [...paths.keys()].join(', ') : `"${near}"?`,
    got: path,
    where: 'axes',
    action: near === undefined ? 'Take one of the known paths.' : `Known: ${[...paths.keys()].join(', ')}.`,
  })
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
/** `params` may be left out. */
const isChoice = (value: unknown): value is MemberChoice =>
  isRecord(value) && typeof value.id === 'string' && (value.params === undefined || isRecord(value.params))

const at = (config: unknown, path: string): unknown =>
  path.split('.').reduce<unknown>((value, key) => (isRecord(value) ? value[key] : undefined), config)

/** A member in the place of the base's; of the same one the parameters stay, but for those that are named. */
function memberOver(base: unknown, chosen: MemberChoice): MemberChoice {
  const kept = isChoice(base) && base.id === chosen.id ? base.params : undefined
  return { id: chosen.id, params: { ...kept, ...chosen.params } }
}

const shown = (value: unknown): string => JSON.stringify(value)?.slice(0, 80) ?? String(value)

/** Defenses that the base's students have, by id. */
function knownDefenses(base: PartialExperimentConfig): Map<string, unknown> {
  const plans = Array.isArray(base.students) ? (base.students as unknown[]) : []
  return new Map(
    plans
      .flatMap((plan): unknown[] => (isRecord(plan) && Array.isArray(plan.defenses) ? plan.defenses : []))
      .flatMap((defense) => (isChoice(defense) ? [[defense.id, defense] as const] : [])),
  )
}

/** Sets one value of an axis in a configuration. */
export type AxisSetter = (config: PartialExperimentConfig) => PartialExperimentConfig

/**
 * How a value of an axis is set. Values of a wrong form are set as they are: resolving the cell says what is wrong.
 * @param base what members and defenses keep their parameters from
 * @throws RefusedInputError where the path cannot be set at all
 */
export function axisSetter(path: string, value: AxisValue['value'], base: PartialExperimentConfig): AxisSetter {
  const named = namedAxes[path]
  if (path === 'defenses') {
    if (!Array.isArray(value) || !value.every(isChoice))
      throw new RefusedInputError('A value of the axis "defenses" is no list of defenses.', {
        wanted: 'a list of { id, params }; an empty one for the undefended student',
        got: shown(value),
        where: 'axes.defenses',
      })
    const known = knownDefenses(base)
    const students = [{ defenses: value.map((chosen) => memberOver(known.get(chosen.id), chosen)) }]
    return (config) => ({ ...config, students })
  }
  if (path === 'teacher.file')
    return (config) => withConfigValue(withConfigValue(config, 'teacher.source', 'file'), path, value)
  if (named?.family !== undefined) {
    const { place } = named
    if (!isChoice(value))
      throw new RefusedInputError(`A value of the axis "${path}" names no member.`, {
        wanted: '{ id, params }',
        got: shown(value),
        where: `axes.${path}`,
      })
    const member = memberOver(at(base, place), value)
    return (config) => withConfigValue(config, place, member)
  }
  return (config) => withConfigValue(config, named?.place ?? path, value)
}

/** Members are chosen before their parameters are set. */
export const setsMember = (path: string): boolean => namedAxes[path]?.family !== undefined || path.endsWith('.id')

/** A parameter of a defense that a cell's student does not have would else be set on the default one. */
export function missingDefense(config: PartialExperimentConfig, path: string): Issue | undefined {
  if (!liesWithin(path, 'students')) return undefined
  const [, student = '', , defense = ''] = path.split('.')
  const plans = (config.students ?? []) as ExperimentConfig['students']
  return plans[Number(student)]?.defenses?.[Number(defense)] === undefined
    ? {
        path,
        severity: 'error',
        message: 'wanted a student with such a defense, got one without: leave these cells out by a condition',
      }
    : undefined
}
