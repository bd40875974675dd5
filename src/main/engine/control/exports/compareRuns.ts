/** Where a run that is done again first differs from the one in the file: by step and quantity. */
import type {
  Evaluation,
  FirstDifference,
  MetricSeries,
  ReproductionVerdict,
  RateDifference,
} from '../../../../shared/domain'
import type { RunFile } from '../../families/runExporters/abdrun/format'
import type { NamedSeries } from '../../families/runExporters/abdrun/series'
import { createYielding, type Yielding } from '../../images/yielding'

/** What was done again, by the stages of the file. */
export interface DoneAgain {
  /** Null where the run has no such stage. */
  stage(id: string): { readonly isDone: boolean; readonly step: number; readonly evaluation: Evaluation | null } | null
  metrics(stageId: string): Promise<Readonly<Record<string, MetricSeries>>>
}

export interface DoneBefore {
  readonly description: Pick<RunFile, 'stages'>
  series(stageId: string): Promise<readonly NamedSeries[]>
}

const rates = ['accuracy', 'asr', 'robustAccuracy'] as const

/** Stage by stage in their order; a stage that is not done yet is compared as far as it has come. */
export async function compareRuns(before: DoneBefore, again: DoneAgain): Promise<ReproductionVerdict> {
  const yielding = createYielding()
  let first: FirstDifference | null = null
  let points = 0
  let isDone = true
  const finals: RateDifference[] = []
  for (const { id, name, steps, evaluation } of before.description.stages) {
    const stage = again.stage(id)
    isDone &&= stage?.isDone === true
    const done = await compareStage(await before.series(id), await again.metrics(id), {
      until: stage?.isDone ? Infinity : (stage?.step ?? 0),
      yielding,
    })
    points += done.points
    if (done.first) first ??= { stageId: id, name, ...done.first }
    if (stage?.isDone) finals.push(...rateDifferences({ id, name }, evaluation, stage.evaluation))
    if (stage?.isDone && stage.step !== steps)
      first ??= { stageId: id, name, step: Math.min(stage.step, steps), metric: null, before: steps, again: stage.step }
  }
  return { isDone, points, first, finals }
}

type Found = Pick<FirstDifference, 'step' | 'metric' | 'before' | 'again'>

/** The difference at the lowest step; of several quantities that differ there, the one that comes first in the file. */
async function compareStage(
  before: readonly NamedSeries[],
  again: Readonly<Record<string, MetricSeries>>,
  { until, yielding }: { readonly until: number; readonly yielding: Yielding },
): Promise<{ points: number; first: Found | null }> {
  let first: Found | null = null
  let points = 0
  for (const { metric, series } of before) {
    const other = again[metric]
    let at = 0
    for (let index = 0; index < series.steps.length; index++) {
      if (yielding.due()) await yielding.pause()
      const step = series.steps[index] ?? 0
      if (step > until || (first && step >= first.step)) break
      while (other && at < other.steps.length && (other.steps[at] ?? 0) < step) at += 1
      const value = series.values[index] ?? NaN
      const recorded = other?.steps[at] === step ? (other.values[at] ?? NaN) : null
      points += 1
      if (recorded !== null && isSame(recorded, value)) continue
      first = { step, metric, before: value, again: recorded }
    }
  }
  return { points, first }
}

const rateDifferences = (
  { id, name }: { readonly id: string; readonly name: string },
  before: Evaluation | null,
  again: Evaluation | null,
): RateDifference[] =>
  rates.flatMap((rate) => {
    const [was, is] = [before?.[rate] ?? null, again?.[rate] ?? null]
    return was === is ? [] : [{ stageId: id, name, rate, before: was, again: is }]
  })

const isSame = (one: number, other: number): boolean => one === other || (Number.isNaN(one) && Number.isNaN(other))
