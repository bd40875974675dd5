/** Checks of defenses that act late, which need earlier runs and the length of the distillation. */
import { join } from 'node:path'
import type { ExperimentConfig, MemberChoice } from '../../../../shared/domain'
import { checkpointNameOf } from '../../../../shared/domain'
import type { Issue } from '../../../../shared/schema'
import type { RunStore } from '../store'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import type { CostModel } from './estimate'

/** How many kept steps a message lists. */
const shownSteps = 8

export interface LateDefenseContext {
  readonly costs: CostModel
  readonly store: Pick<RunStore, 'folder' | 'runs'>
}

/**
 * A named start must be there and fit; a phase of no length does nothing; one as long as the distillation unlearns what
 * nobody has learnt.
 */
export function lateDefenseIssues(config: ExperimentConfig, { costs, store }: LateDefenseContext): Issue[] {
  const pseudoBatches = costs.distillation(config)?.pseudoBatches
  if (pseudoBatches === undefined) return []
  return config.students.flatMap(({ defenses }, student) =>
    defenses.flatMap((defense, place): Issue[] => {
      const path = `students.${student}.defenses.${place}.params`
      if (typeof defense.params.start === 'string' && defense.params.start !== '') {
        const message = startFault(defense, defenses, config, pseudoBatches, store)
        return message === null ? [] : [{ path: `${path}.start`, severity: 'error', message }]
      }
      const { takeover, extra } = defense.params
      if (takeover === 0 && extra === 0)
        return [
          {
            path: `${path}.takeover`,
            severity: 'error',
            message: `wanted at least 1, or further pseudo batches after the end, got 0 and none: ${defense.id} would never act`,
          },
        ]
      return typeof takeover === 'number' && takeover >= pseudoBatches
        ? [
            {
              path: `${path}.takeover`,
              severity: 'warning',
              message: `is not below the distillation’s ${pseudoBatches.toLocaleString('en')} pseudo batches: ${defense.id} acts from the first one, on a student that has learnt nothing yet`,
            },
          ]
        : []
    }),
  )
}

/** What is wrong with a student's kept checkpoint as a beginning, or null. */
function startFault(
  { params }: MemberChoice,
  defenses: readonly MemberChoice[],
  config: ExperimentConfig,
  pseudoBatches: number,
  { folder, runs }: LateDefenseContext['store'],
): string | null {
  const point = checkpointNameOf(String(params.start))
  // Its form is the field's own check.
  if (!point) return null
  const { runId, stageId, step } = point
  if (!runs.has(runId))
    return `wanted a student of a run in this workspace, got "${runId}", which is none; "abd runs" and the table of runs name them`
  const students = runs.summary(runId).stages.filter(({ kind }) => kind === 'student')
  const started = students.find(({ id }) => id === stageId)
  if (!started)
    return `wanted a student of ${runId} (${students.map(({ id }) => id).join(', ') || 'it has none'}), got ${stageId}`
  const steps = listCheckpoints(join(folder, 'runs', runId, stageId))
    .map((checkpoint) => checkpoint.step)
    .reverse()
  if (!steps.includes(step))
    return `wanted a kept checkpoint of ${runId}/${stageId} (${listed(steps)}), got step ${step}; Recording says how many evaluation points are kept`
  const earlier = runs.config(runId)
  const before = earlier.students[started.index]?.defenses ?? []
  const differing = Object.entries(traits(earlier, before))
    .filter(([what, value]) => value !== traits(config, defenses)[what])
    .map(([what]) => what)
  if (differing.length > 0)
    return `wanted a student of the same experiment up to there, got one of ${runId} with other ${differing.join(', ')}`
  const total = pseudoBatches + Number(params.extra)
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
): Record<string, string> {
  const { pseudoBatches: _length, epochs: _epochs, ...method } = distillation.method.params
  const source =
    teacher.source === 'file'
      ? [teacher.file, teacher.normalization]
      : [teacher.architecture, teacher.training, poisoning]
  const text = (value: unknown): string => JSON.stringify(value)
  return {
    data: text(data),
    attack: text([attack, poisoning.target]),
    teacher: text([teacher.source, ...source]),
    'student network': text(distillation.architecture),
    method: distillation.method.id,
    'method settings': text(method),
    'earlier defenses': text(defenses.filter(({ params }) => !('takeover' in params))),
  }
}

const listed = (steps: readonly number[]): string => {
  if (steps.length === 0) return 'none is left'
  const shown = steps.slice(-shownSteps).join(', ')
  return steps.length > shownSteps ? `the last: ${shown}` : shown
}
