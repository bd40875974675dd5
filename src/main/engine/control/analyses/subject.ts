/** What an analysis is asked of: the stages that have what it needs, and what of them a trainer is told. */
import type { AnalysisSubject, RunSummary, StageRecord } from '../../../../shared/domain'
import { RefusedInputError, UserError } from '../../../../shared/errors'
import type { AnalysedStage } from '../../protocol/messages'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import { placeInRun, type RunStore } from '../store'

type Store = Pick<RunStore, 'images' | 'metrics' | 'stageFolder'>

const placeOf = (run: RunSummary, { id, place }: StageRecord): string => place ?? placeInRun(run.id, id)

function hasWhatItNeeds(run: RunSummary, stage: StageRecord, subject: AnalysisSubject, store: Store): boolean {
  const place = placeOf(run, stage)
  if (stage.kind === 'data' || (subject.of !== 'model' && stage.kind !== subject.of)) return false
  if (subject.keptImages) return store.images.steps(place).length > 0
  return stage.weights !== null || (stage.kind === 'student' && listCheckpoints(store.stageFolder(place)).length > 0)
}

function wantedWords({ of, keptImages }: AnalysisSubject): string {
  if (keptImages) return 'a student with kept images'
  return of === 'model' ? 'a teacher or a student' : `a ${of}`
}

/**
 * The stages by their ids, or as many as it takes of those that have what it needs, the last ones.
 * @throws RefusedInputError naming the stages that can be asked about
 */
export function chosenStages(
  run: RunSummary,
  { subject, ids }: { readonly subject: AnalysisSubject; readonly ids: readonly string[] | undefined },
  store: Store,
): StageRecord[] {
  const able = run.stages.filter((stage) => hasWhatItNeeds(run, stage, subject, store))
  if (ids === undefined || ids.length === 0) {
    if (able.length > 0) return able.slice(-subject.most)
    throw new RefusedInputError('This run has nothing yet that this analysis could look at.', {
      wanted: wantedWords(subject),
      got: run.stages.map(({ id, state }) => `${id}: ${state}`).join(', '),
      action: 'Wait until a stage has got so far.',
    })
  }
  const chosen = [...new Set(ids)].map((id) => {
    const stage = able.find((one) => one.id === id)
    if (stage) return stage
    throw new RefusedInputError(`This analysis cannot look at "${id}".`, {
      wanted: able.map((one) => one.id).join(', ') || wantedWords(subject),
      got: id,
      where: 'stageIds',
    })
  })
  if (chosen.length <= subject.most) return chosen
  throw new RefusedInputError('These are too many stages for this analysis.', {
    wanted: `at most ${subject.most}`,
    got: String(chosen.length),
    where: 'stageIds',
  })
}

/** The stages that an analysis is asked of and, of a teacher, the students whose kept images it may look at. */
export function lookedAtStages(
  run: RunSummary,
  { subject, chosen }: { readonly subject: AnalysisSubject; readonly chosen: readonly StageRecord[] },
  store: Store,
): StageRecord[] {
  if (subject.of !== 'teacher') return [...chosen]
  const withImages = { of: 'student', most: Infinity, keptImages: true } as const
  return [...chosen, ...run.stages.filter((stage) => hasWhatItNeeds(run, stage, withImages, store))]
}

/** @throws UserError where the run has no teacher yet */
export function teacherWeights({ stages }: RunSummary): string {
  const weights = stages.find(({ kind }) => kind === 'teacher')?.weights ?? null
  if (weights !== null) return weights
  throw new UserError('This run has no teacher yet.', {
    wanted: 'a teacher that is trained or imported',
    action: 'Wait until its teacher is done.',
  })
}

export interface AnalysedRun {
  readonly run: RunSummary
  readonly store: Store
  readonly nameOf: (stage: StageRecord) => string
}

/** Of one metric; more are evenly thinned. */
const mostPoints = 5000

export async function analysedStage({ run, store, nameOf }: AnalysedRun, stage: StageRecord): Promise<AnalysedStage> {
  const place = placeOf(run, stage)
  const points = await store.metrics.read(place, { names: ['accuracy', 'asr'], maximumPoints: mostPoints })
  const recorded = (name: string) => ({
    steps: Array.from(points[name]?.steps ?? []),
    values: Array.from(points[name]?.values ?? []),
  })
  return {
    id: stage.id,
    kind: stage.kind === 'teacher' ? 'teacher' : 'student',
    index: stage.index,
    title: nameOf(stage),
    folder: store.stageFolder(place),
    weights: stage.weights,
    keptImages: store.images.steps(place).map((step) => ({ step, ...store.images.gridOf(place, step) })),
    recorded: { accuracy: recorded('accuracy'), asr: recorded('asr') },
  }
}
