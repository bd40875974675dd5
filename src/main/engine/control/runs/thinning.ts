/**
 * Checkpoints of finished stages, which are there to be gone on from: what nobody will go on from is removed, for with
 * a replay memory one is hundreds of megabytes.
 * What stays: weights; what the recording of a run that names the stage asks for; the step at which a student of a run
 * that is not over goes on from it; the step that such a run names as its start. A study that is not over may still
 * make students like those it has, so its runs count as not over either.
 */
import { existsSync, rmSync, statSync } from 'node:fs'
import type { Recording, RunSummary } from '../../../../shared/domain'
import { createYielding } from '../../images/yielding'
import { keptCheckpoints, listCheckpoints, type KeepCheckpoint } from '../../protocol/checkpointFiles'
import type { StartPoint } from '../../families/defenses/types'
import type { CostModel } from '../experiments/costModel'
import type { KeptStage, RunStore } from '../store'
import type { CheckpointHolds } from './checkpointHolds'

export interface ThinningOptions {
  readonly store: Pick<RunStore, 'runs' | 'stages' | 'stageFolder'>
  readonly costs: Pick<CostModel, 'distillation' | 'length'>
  isStudyOpen(studyId: string): boolean
  /** Default: nobody reads any. */
  readonly holds?: Pick<CheckpointHolds, 'holds'>
}

export interface SpareCheckpoint {
  readonly place: string
  readonly path: string
  readonly bytes: number
}

export interface Thinning {
  /** What could be removed now; of all stages, or of those at these places. */
  spare(places?: readonly string[]): Promise<SpareCheckpoint[]>
  /** Removes it. */
  thin(places?: readonly string[]): Promise<SpareCheckpoint[]>
}

/** What a run's configuration says of checkpoints; it never changes. */
interface RunFacts {
  readonly recording: Pick<Recording, 'evaluateEvery' | 'keptCheckpoints' | 'keepLastCheckpoint'>
  readonly pseudoBatches: number
  /** Stages of other runs that its students go on from, as `place` and step. */
  readonly starts: readonly { readonly place: string; readonly step: number }[]
}

type Steps = Map<string, Set<number>>
/** Steps that runs which are not over go on from, by the stage's key and by its place. */
interface Wanted {
  readonly byKey: Steps
  readonly byPlace: Steps
}

const want = (steps: Steps, name: string, step: number): void => {
  steps.set(name, (steps.get(name) ?? new Set()).add(step))
}

/** What configurations say, each read once until its run changes or goes. */
function createFacts({ store, costs }: Pick<ThinningOptions, 'store' | 'costs'>) {
  const known = new Map<string, RunFacts | null>()
  store.runs.onChange((id) => known.delete(id))
  const placed = (start: Pick<StartPoint, 'runId' | 'stageId' | 'step'>): RunFacts['starts'] => {
    if (!store.runs.has(start.runId)) return []
    const stage = store.runs.peek(start.runId).stages.find(({ id }) => id === start.stageId)
    return stage?.place === undefined ? [] : [{ place: stage.place, step: start.step }]
  }
  function read(runId: string): RunFacts {
    const config = store.runs.config(runId)
    const pseudoBatches = costs.distillation(config)?.pseudoBatches ?? 0
    const named = config.students.flatMap((plan) => costs.length(plan, pseudoBatches).from ?? [])
    return { recording: config.recording, pseudoBatches, starts: named.flatMap(placed) }
  }
  return {
    placed,
    /** Null where its configuration cannot be read: nothing of it is removed then. */
    of(runId: string): RunFacts | null {
      if (!known.has(runId)) {
        try {
          known.set(runId, read(runId))
        } catch {
          known.set(runId, null)
        }
      }
      return known.get(runId) ?? null
    },
  }
}

export function createThinning(options: ThinningOptions): Thinning {
  const { store, isStudyOpen } = options
  const facts = createFacts(options)
  const isOver = ({ state, study }: Pick<RunSummary, 'state' | 'study'>): boolean =>
    state === 'done' && !(study && isStudyOpen(study.id))

  async function wantedSteps(): Promise<Wanted> {
    const wanted: Wanted = { byKey: new Map(), byPlace: new Map() }
    const yielding = createYielding()
    for (const id of store.runs.ids()) {
      if (yielding.due()) await yielding.pause()
      // It may have been removed in a pause.
      if (!store.runs.has(id) || isOver(store.runs.own(id))) continue
      const run = store.runs.peek(id)
      for (const { prefix } of run.stages) if (prefix) want(wanted.byKey, prefix.key, prefix.step)
      const starts = [...(facts.of(run.id)?.starts ?? []), ...(run.forkedFrom ? facts.placed(run.forkedFrom) : [])]
      for (const { place, step } of starts) want(wanted.byPlace, place, step)
    }
    return wanted
  }

  /** Null: all stay. */
  function keptAt({ place, kind, key }: Readonly<KeptStage>, wanted: Wanted, newest: number): KeepCheckpoint | null {
    const none: ReadonlySet<number> = new Set()
    const rules: KeepCheckpoint[] = [
      (step) => wanted.byPlace.get(place)?.has(step) === true,
      (step) => key !== null && wanted.byKey.get(key)?.has(step) === true,
    ]
    for (const runId of store.runs.naming(place)) {
      const of = facts.of(runId)
      if (!of) return null
      const { recording, pseudoBatches } = of
      if (recording.keepLastCheckpoint) rules.push((step) => step === newest)
      if (kind === 'student' && recording.keptCheckpoints > 0)
        rules.push(keptCheckpoints(recording, pseudoBatches, none))
    }
    return (step) => rules.some((keeps) => keeps(step))
  }

  function spareAt(stage: Readonly<KeptStage>, wanted: Wanted): SpareCheckpoint[] {
    const { place, state, weights } = stage
    // Where its model is gone, the checkpoint is what is left of it.
    if (state !== 'done' || weights === null || !existsSync(weights)) return []
    const checkpoints = listCheckpoints(store.stageFolder(place))
    const keeps = checkpoints[0] ? keptAt(stage, wanted, checkpoints[0].step) : null
    if (!keeps) return []
    return checkpoints
      .filter(({ step }) => !keeps(step) && options.holds?.holds(place, step) !== true)
      .map(({ path }) => ({ place, path, bytes: statSync(path, { throwIfNoEntry: false })?.size ?? 0 }))
  }

  async function each(places: readonly string[] | undefined, see: (spare: SpareCheckpoint[]) => void): Promise<void> {
    const wanted = await wantedSteps()
    const yielding = createYielding()
    for (const place of places ?? [...store.stages.all()].map((stage) => stage.place)) {
      if (yielding.due()) await yielding.pause()
      if (store.stages.has(place)) see(spareAt(store.stages.get(place), wanted))
    }
  }
  return {
    async spare(places) {
      const found: SpareCheckpoint[] = []
      await each(places, (spare) => found.push(...spare))
      return found
    },
    async thin(places) {
      const gone: SpareCheckpoint[] = []
      await each(places, (spare) => {
        for (const one of spare) rmSync(one.path, { force: true })
        gone.push(...spare)
      })
      return gone
    },
  }
}
