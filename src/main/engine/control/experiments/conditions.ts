/** What kind of model each stage of an experiment trains: its condition, and the settings of its defenses. */
import {
  precisionOf,
  saidPrecision,
  teacherCondition,
  type Condition,
  type ExperimentConfig,
  type MemberChoice,
  type ModelSettings,
  type OwnStage,
  type Precision,
  type StageName,
} from '../../../../shared/domain'
import { ExhaustiveError } from '../../../../shared/errors'
import { isVisible, memberDefaults, type JsonScalar, type MemberDescription } from '../../../../shared/schema'
import type { MemberTable } from './memberTable'

/** What a stage's record says of its kind of model; undefined of data stages. */
export type ConditionOf = (
  config: ExperimentConfig,
  model: StageName,
) => Required<Pick<OwnStage, 'condition' | 'settings'>> | undefined

/** @param numberOf the number of a condition in its workspace, the next one for a condition that is new there */
export function createConditions(table: MemberTable, numberOf: (key: string) => number): ConditionOf {
  return (config, { kind, index }) => {
    switch (kind) {
      case 'data':
        return undefined
      case 'teacher':
        return { condition: teacherCondition, settings: {} }
      case 'student': {
        const method = config.distillation.method.id
        const defenses = (config.students[index]?.defenses ?? []).map((choice) => defenseOf(choice, method, table))
        const key = conditionKey(method, defenses, precisionOf(config))
        const condition: Condition = { key, number: numberOf(key) }
        return { condition, settings: Object.assign({}, ...defenses.map(({ shown }) => shown)) as ModelSettings }
      }
      default:
        throw new ExhaustiveError(kind)
    }
  }
}

interface DescribedDefense {
  readonly id: string
  /** By '<member>.<parameter>'. */
  readonly shown: ModelSettings
  /** Of these, those that are not what the place has by default. */
  readonly changed: ModelSettings
}

/** The order in which defenses are planned makes no other kind of model. */
const conditionKey = (method: string, defenses: readonly DescribedDefense[], precision: Precision): string =>
  [
    method,
    ...defenses
      .map(({ id, changed }) => {
        const settings = Object.entries(changed).map(([name, value]) => `${name.slice(id.length + 1)}=${String(value)}`)
        return settings.length === 0 ? id : `${id}(${settings.sort().join(', ')})`
      })
      .sort(),
    // Said where it is not the ordinary one: kinds from before there was a choice keep their colours.
    ...Object.values(saidPrecision(precision)),
  ].join('+')

/** Parameters that show, with defaults for those that an earlier version did not know. */
function defenseOf({ id, params }: MemberChoice, method: string, table: MemberTable): DescribedDefense {
  const member: MemberDescription | undefined = table.find('defense', id)
  if (!member) return { id, shown: {}, changed: {} }
  const defaults = memberDefaults(member, method)
  const values: Record<string, unknown> = { ...defaults, ...params }
  const shown = Object.entries(member.params).filter(([, field]) => isVisible(field, values))
  const named = (names: readonly string[]): ModelSettings =>
    Object.fromEntries(names.map((name) => [`${id}.${name}`, scalarOf(values[name])]))
  return {
    id,
    shown: named(shown.map(([name]) => name)),
    changed: named(
      shown.filter(([name]) => JSON.stringify(values[name]) !== JSON.stringify(defaults[name])).map(([name]) => name),
    ),
  }
}

const scalarOf = (value: unknown): JsonScalar =>
  value === null || typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean'
    ? value
    : Array.isArray(value)
      ? value.join(', ')
      : JSON.stringify(value)
