/**
 * What cannot change where a student goes on from another one's checkpoint: whatever the checkpoint holds, or was made
 * with. Members say which of their parameters those are (`stateParameters`); lengths, rates, weights and defenses that
 * begin later are free.
 */
import {
  changedPaths,
  liesWithin,
  type ExperimentConfig,
  type MemberChoice,
  type StudentPlan,
} from '../../../../shared/domain'
import type { FamilyId, Issue } from '../../../../shared/schema'
import type { DefensePhase } from '../../families/defenses/types'
import type { CostModel } from './costModel'
import type { MemberTable } from './memberTable'

/** The student that is gone on from. */
export interface ForkSource {
  /** Complete, as `config` is. */
  readonly config: ExperimentConfig
  readonly plan: StudentPlan
  readonly step: number
}

export interface ForkContext {
  readonly table: MemberTable
  readonly costs: Pick<CostModel, 'distillation' | 'phase' | 'length' | 'joins' | 'afterwards'>
}

/** Places that decide nothing of what the checkpoint holds. */
const freePlaces = ['name', 'students', 'recording', 'execution', 'teacher.acknowledged']
const methodParams = 'distillation.method.params'

const issue = (path: string, message: string): Issue => ({ path, severity: 'error', message })

const stateParametersOf = (table: MemberTable, family: FamilyId, id: string): readonly string[] => {
  const named = table.find(family, id)?.facts.stateParameters
  return Array.isArray(named) ? named.map(String) : []
}

export function forkIssues(source: ForkSource, config: ExperimentConfig, context: ForkContext): Issue[] {
  const fixed = fixedIssues(source.config, config, context.table)
  // With another method nothing else can be said of lengths and phases.
  if (fixed.length > 0) return fixed
  if (config.students.length === 0)
    return [issue('students', 'wanted a student that goes on from the checkpoint, got none')]
  return config.students.flatMap((plan, index) => studentIssues(source, { config, plan, index }, context))
}

function fixedIssues(source: ExperimentConfig, config: ExperimentConfig, table: MemberTable): Issue[] {
  const kept = stateParametersOf(table, 'distillation', config.distillation.method.id)
  const free = (path: string): boolean =>
    freePlaces.some((place) => liesWithin(path, place)) ||
    (liesWithin(path, methodParams) && !kept.some((name) => liesWithin(path, `${methodParams}.${name}`)))
  const changed = changedPaths(config, source).filter((path) => !free(path))
  // Another member has other parameters: that it is another one says it all.
  const members = changed.filter((path) => path.endsWith('.id')).map((path) => path.slice(0, -'.id'.length))
  return changed
    .filter((path) => path.endsWith('.id') || !members.some((member) => liesWithin(path, member)))
    .map((path) =>
      issue(
        path,
        `cannot change in a fork: the checkpoint was made with ${valueAt(source, path)}, got ${valueAt(config, path)}`,
      ),
    )
}

function valueAt(config: ExperimentConfig, path: string): string {
  const value = path
    .split('.')
    .reduce<unknown>((part, key) => (part as Readonly<Record<string, unknown>> | undefined)?.[key], config)
  return value === undefined ? 'nothing' : JSON.stringify(value)
}

interface ForkedStudent {
  readonly config: ExperimentConfig
  readonly plan: StudentPlan
  readonly index: number
}

function studentIssues(source: ForkSource, { config, plan, index }: ForkedStudent, context: ForkContext): Issue[] {
  const { costs, table } = context
  const length = costs.distillation(config)?.pseudoBatches
  if (length === undefined) return []
  const { total } = costs.length(plan, length)
  // A finished student is worth going on from where a defense works on it.
  const goesOn = plan.defenses.some((defense) => costs.afterwards(defense, 0) !== undefined)
  const tooShort: Issue[] =
    total > source.step || (total === source.step && goesOn)
      ? []
      : [
          issue(
            lengthPath(config, table),
            `wanted more than ${source.step} pseudo batches, which are done, got ${total}`,
          ),
        ]
  return [
    ...tooShort,
    ...plan.defenses.flatMap((defense, place) => {
      const earlier = source.plan.defenses.find(({ id }) => id === defense.id)
      const path = `students.${index}.defenses.${place}`
      const phase = costs.phase(defense, length)
      return [
        ...(earlier ? keptIssues(path, { defense, earlier, table }) : []),
        ...(phase ? phaseIssues(path, phase, earlier && { ...source, earlier, context }, source.step) : []),
        ...(earlier || phase
          ? []
          : costs
              .joins(defense, source.step)
              .map(({ parameter = '', message }) => issue(`${path}.params.${parameter}`, message))),
      ]
    }),
  ]
}

const lengthPath = ({ distillation: { method } }: ExperimentConfig, table: MemberTable): string => {
  const [name] = (table.find('distillation', method.id)?.facts.lengthParameters ?? []) as readonly string[]
  return name === undefined ? 'distillation.method' : `${methodParams}.${name}`
}

function keptIssues(
  path: string,
  { defense, earlier, table }: { defense: MemberChoice; earlier: MemberChoice; table: MemberTable },
): Issue[] {
  return stateParametersOf(table, 'defense', defense.id)
    .filter((name) => JSON.stringify(defense.params[name]) !== JSON.stringify(earlier.params[name]))
    .map((name) =>
      issue(
        `${path}.params.${name}`,
        `cannot change in a fork: the checkpoint was made with ${JSON.stringify(earlier.params[name])}, got ${JSON.stringify(defense.params[name])}`,
      ),
    )
}

/** A phase that has begun goes on where it is; one that has not begins at or after the checkpoint. */
function phaseIssues(
  path: string,
  phase: DefensePhase,
  source: (ForkSource & { earlier: MemberChoice; context: ForkContext }) | undefined,
  step: number,
): Issue[] {
  const at = phase.decidedBy === undefined ? `${path}.id` : `${path}.params.${phase.decidedBy}`
  const length = source && source.context.costs.distillation(source.config)?.pseudoBatches
  const before = source && length !== undefined ? source.context.costs.phase(source.earlier, length) : undefined
  if (before && step > before.start)
    return phase.start === before.start
      ? []
      : [issue(at, `wanted a beginning at pseudo batch ${before.start}, where it has begun, got ${phase.start}`)]
  return phase.start >= step
    ? []
    : [issue(at, `wanted a beginning at or after the checkpoint at pseudo batch ${step}, got ${phase.start}`)]
}
