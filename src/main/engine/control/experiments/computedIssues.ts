/**
 * Findings that declarations alone do not give: networks, lengths and sizes computed from them, and what lies in the
 * workspace and on the disk.
 */
import type { ExperimentConfig } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'
import type { Level } from '../../families/architectures'
import { pathOfFault } from '../../families/distillation/fit'
import { poisoningIssues } from './poisoningIssues'
import { namedFileIssues } from './namedFiles'
import type { CostModel } from './costModel'
import { continuedStudentIssues, type ContinuedContext } from './continuedStudents'

export type ComputedContext = ContinuedContext & { readonly costs: CostModel }

export const computedIssues = (config: ExperimentConfig, context: ComputedContext): Issue[] => [
  ...networkIssues(config, context),
  ...methodIssues(config, context),
  ...levelIssues(config, context),
  ...poisoningIssues(config, context),
  ...context.costs.memberIssues(config),
  ...continuedStudentIssues(config, context),
  ...namedFileIssues(config, context.table),
]

/** Parameters that are valid one by one and still make no network (a depth that is not 6n + 4). */
function networkIssues({ teacher, distillation, data }: ExperimentConfig, { costs }: ComputedContext): Issue[] {
  const places = [
    ['teacher.architecture.params', teacher.architecture],
    ['distillation.architecture.params', distillation.architecture],
  ] as const
  return places.flatMap(([path, choice]) => {
    const message = costs.refusal(choice, data)
    return message === null ? [] : [{ path, severity: 'error' as const, message }]
  })
}

const shown = (levels: readonly Level[]): string =>
  `${levels.length} (${levels.map(({ height, width }) => `${height} × ${width}`).join(', ')})`

/** Attention transfer compares the networks level by level. Of a file's network only its weights can tell. */
function levelIssues(
  { teacher, distillation: { method, architecture }, data, students }: ExperimentConfig,
  { costs, table }: ComputedContext,
): Issue[] {
  const comparing = table.find('distillation', method.id)?.facts.levelParameters
  const name = (Array.isArray(comparing) ? comparing : [])
    .map(String)
    .find((parameter) => Number(method.params[parameter]) > 0)
  if (name === undefined || teacher.source === 'file' || students.length === 0) return []
  const [wanted, got] = [costs.levels(teacher.architecture, data), costs.levels(architecture, data)]
  if (!wanted || !got || JSON.stringify(wanted) === JSON.stringify(got)) return []
  return [
    {
      path: `distillation.method.params.${name}`,
      severity: 'error',
      message: `wanted 0, or a student with the teacher’s levels of activations, ${shown(wanted)}, got ${String(method.params[name])} and ${shown(got)}`,
    },
  ]
}

/** What its data stage would refuse, as far as it is known before. */
const methodIssues = (
  { distillation: { method }, data, students }: ExperimentConfig,
  { costs }: ComputedContext,
): Issue[] =>
  students.length === 0
    ? []
    : costs.faults(method, data).map((fault) => ({
        path: pathOfFault(fault),
        severity: 'error',
        message: `wanted ${fault.wanted}, got ${fault.got}`,
      }))
