/**
 * Students that go on from an earlier run's, as their defenses say (`phase`): the checkpoint must be there, and fit.
 * What a defense asks of its own values it checks itself.
 */
import { join } from 'node:path'
import { pixelValuesOf, type ExperimentConfig, type MemberChoice } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'
import type { DefensePhase, StartPoint } from '../../families/defenses/types'
import { placeInRun, type RunStore } from '../store'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import type { CostModel } from './costModel'
import type { MemberTable } from './memberTable'

/** How many kept steps a message lists. */
const shownSteps = 8

export interface ContinuedContext {
  readonly costs: Pick<CostModel, 'distillation' | 'phase'>
  readonly table: MemberTable
  readonly store: Pick<RunStore, 'folder' | 'runs'>
}

export function continuedStudentIssues(config: ExperimentConfig, context: ContinuedContext): Issue[] {
  const pseudoBatches = context.costs.distillation(config)?.pseudoBatches
  if (pseudoBatches === undefined) return []
  return config.students.flatMap(({ defenses }, student) =>
    defenses.flatMap((defense, place): Issue[] => {
      const phase = context.costs.phase(defense, pseudoBatches)
      if (!phase?.from) return []
      const early = defenses.filter((other) => context.costs.phase(other, pseudoBatches) === undefined)
      const message = startFault(phase.from, phase, { config, defenses: early, context })
      const path = `students.${student}.defenses.${place}.params.${phase.decidedBy ?? ''}`
      return message === null ? [] : [{ path, severity: 'error', message }]
    }),
  )
}

/** What is wrong with a student's kept checkpoint as a beginning, or null. */
function startFault(
  { runId, stageId, step }: StartPoint,
  { total }: Pick<DefensePhase, 'total'>,
  student: {
    readonly config: ExperimentConfig
    readonly defenses: readonly MemberChoice[]
    readonly context: ContinuedContext
  },
): string | null {
  const { costs, store, table } = student.context
  const { folder, runs } = store
  if (!runs.has(runId))
    return `wanted a student of a run in this workspace, got "${runId}", which is none; "abd runs" and the table of runs name them`
  const students = runs.summary(runId).stages.filter(({ kind }) => kind === 'student')
  const started = students.find(({ id }) => id === stageId)
  if (!started)
    return `wanted a student of ${runId} (${students.map(({ id }) => id).join(', ') || 'it has none'}), got ${stageId}`
  const steps = listCheckpoints(join(folder, started.place ?? placeInRun(runId, stageId)))
    .map((checkpoint) => checkpoint.step)
    .reverse()
  if (!steps.includes(step))
    return `wanted a kept checkpoint of ${runId}/${stageId} (${listed(steps)}), got step ${step}; Recording says which stay: Kept checkpoints, and Keep the last checkpoint of finished stages`
  const earlier = runs.config(runId)
  const before = (earlier.students[started.index]?.defenses ?? []).filter(
    (defense) => costs.phase(defense, total) === undefined,
  )
  const ours = traits(student.config, student.defenses, table)
  const differing = Object.entries(traits(earlier, before, table))
    .filter(([what, value]) => value !== ours[what])
    .map(([what]) => what)
  if (differing.length > 0)
    return `wanted a student of the same experiment up to there, got one of ${runId} with other ${differing.join(', ')}`
  return step >= total
    ? `wanted a step before the end at ${total}, got ${step}; lengthen the distillation or let the defense go on for further pseudo batches`
    : null
}

/**
 * What a student and the one that it goes on from must have in common, as text by name. The method may be longer than
 * it was.
 */
function traits(
  { data, attack, poisoning, teacher, distillation }: ExperimentConfig,
  defenses: readonly MemberChoice[],
  table: MemberTable,
): Record<string, string> {
  const length = table.find('distillation', distillation.method.id)?.facts.lengthParameters
  const method = Object.entries(distillation.method.params).filter(
    ([name]) => !(Array.isArray(length) && length.includes(name)),
  )
  const source =
    teacher.source === 'file'
      ? [teacher.file, pixelValuesOf(teacher), teacher.weights ?? '']
      : [teacher.architecture, teacher.training, poisoning]
  const text = (value: unknown): string => JSON.stringify(value)
  return {
    data: text(data),
    attack: text([attack, poisoning.target]),
    teacher: text([teacher.source, ...source]),
    'student network': text(distillation.architecture),
    method: distillation.method.id,
    'method settings': text(Object.fromEntries(method)),
    'earlier defenses': text(defenses),
  }
}

const listed = (steps: readonly number[]): string => {
  if (steps.length === 0) return 'none is left'
  const shown = steps.slice(-shownSteps).join(', ')
  return steps.length > shownSteps ? `the last: ${shown}` : shown
}
