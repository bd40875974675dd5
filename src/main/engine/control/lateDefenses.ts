/** Checks of defenses that act late, which need earlier runs and the length of the distillation. */
import { join } from 'node:path'
import type { ExperimentConfig, MemberChoice } from '../../../shared/domain'
import type { Issue } from '../../../shared/schema'
import { startPointOf } from '../defenses/selfRetrospection/phase'
import type { RunStore } from '../store'
import { listCheckpoints } from '../training/checkpoints'
import type { CostModel } from './estimate'

/** How many kept steps a message lists. */
const shownSteps = 8

export interface LateDefenseContext { readonly costs: CostModel; readonly store: Pick<RunStore, 'folder' | 'runs'> }

/** A named start must be there and fit; a phase as long as the distillation unlearns what nobody has learnt. */
export function lateDefenseIssues(config: ExperimentConfig, { costs, store }: LateDefenseContext): Issue[] {
  const pseudoBatches = costs.distillation(config)?.pseudoBatches
  if (pseudoBatches === undefined) return []
  return config.students.flatMap(({ defenses }, student) => defenses.flatMap((defense, place): Issue[] => {
    const path = `students.${student}.defenses.${place}.params`
    if (typeof defense.params.start === 'string' && defense.params.start !== '') {
      const message = startFault(defense.params.start, config, pseudoBatches, store)
      return message === null ? [] : [{ path: `${path}.start`, severity: 'error', message }]
    }
    const { takeover } = defense.params
    return typeof takeover === 'number' && takeover >= pseudoBatches
      ? [{ path: `${path}.takeover`, severity: 'warning', message: `is not below the distillation’s ${pseudoBatches.toLocaleString('en')} pseudo batches: ${defense.id} acts from the first one, on a student that has learnt nothing yet` }]
      : []
  }))
}

/** What is wrong with a student's kept checkpoint as a beginning, or null. */
function startFault(text: string, config: ExperimentConfig, pseudoBatches: number, { folder, runs }: LateDefenseContext['store']): string | null {
  const point = startPointOf(text)
  // Its form is the field's own check.
  if (!point) return null
  const { runId, stageId, step } = point
  if (!runs.has(runId)) return `wanted a student of a run in this workspace, got "${runId}", which is none; "abd list" and the table of runs name them`
  const summary = runs.summary(runId)
  const students = summary.stages.filter(({ kind }) => kind === 'student').map(({ id }) => id)
  if (!students.includes(stageId)) return `wanted a student of ${runId} (${students.join(', ') || 'it has none'}), got ${stageId}`
  const steps = listCheckpoints(join(folder, 'runs', runId, stageId)).map((checkpoint) => checkpoint.step).reverse()
  if (!steps.includes(step)) return `wanted a kept checkpoint of ${runId}/${stageId} (${listed(steps)}), got step ${step}; Recording says how many evaluation points are kept`
  const earlier = runs.config(runId)
  const differing = ([
    ['data', earlier.data, config.data], ['student network', earlier.distillation.architecture, config.distillation.architecture],
    ['method', earlier.distillation.method.id, config.distillation.method.id],
  ] as const).filter(([, before, now]) => JSON.stringify(before) !== JSON.stringify(now)).map(([what]) => what)
  if (differing.length > 0) return `wanted a student of the same data, network and method, got one of ${runId}, whose ${differing.join(' and ')} ${differing.length === 1 ? 'differs' : 'differ'}`
  return step >= pseudoBatches && !goesBeyond(config, text) ? `wanted a step before the distillation’s end at ${pseudoBatches}, got ${step}; lengthen the distillation or let the defense go on for further pseudo batches` : null
}

const goesBeyond = ({ students }: ExperimentConfig, start: string): boolean =>
  students.some(({ defenses }) => defenses.some(({ params }: MemberChoice) => params.start === start && Number(params.extra) > 0))

const listed = (steps: readonly number[]): string => {
  if (steps.length === 0) return 'none is left'
  const shown = steps.slice(-shownSteps).join(', ')
  return steps.length > shownSteps ? `the last: ${shown}` : shown
}
