/** What waits to be trained: which stages of the active runs can begin. Decides, starts nothing. */
import type { RunSummary, StageRecord } from '../../../../shared/domain'
import type { StageKey } from '../experiments/stageKeys'

/** A run with what its stages wait for. */
export interface WantedRun {
  readonly run: Readonly<RunSummary>
  readonly keys: readonly StageKey[]
}

export interface Demand {
  /** In the order in which they get what is free. */
  readonly runs: readonly WantedRun[]
  /** The place at which an executor works already. */
  isActive(place: string): boolean
  /** Whether a stage of this key is done, so that its prefix can be looked for. */
  isDone(key: string): boolean
}

export interface ReadyStage {
  readonly runId: string
  readonly stage: StageRecord
  /** Places that must be done before; empty where all are. */
  readonly after: readonly string[]
}

/** Whether a run needs no more of a stage: it is done, or has come as far as the run goes. */
export const isReached = (stage: StageRecord, until: number | null | undefined): boolean =>
  stage.state === 'done' || (typeof until === 'number' && stage.kind === 'student' && stage.step >= until)

/** The place of a stage; every kept run has one. */
export function placeOf({ id, place }: Pick<StageRecord, 'id' | 'place'>): string {
  if (place === undefined) throw new Error(`The stage ${id} has no place.`)
  return place
}

/**
 * The stages to hand over, in order; each place once.
 * @param ahead also those whose predecessors are not done, for an executor that keeps its own queue
 */
export function readyStages({ runs, isActive, isDone }: Demand, { ahead }: { ahead: boolean }): ReadyStage[] {
  const taken = new Set<string>()
  /** Keys that an active run will have trained. */
  const coming = new Map<string, string>()
  for (const { run, keys } of runs)
    for (const { id, key } of keys) {
      const stage = run.stages.find((entry) => entry.id === id)
      if (stage && !isReached(stage, run.until)) coming.set(key, placeOf(stage))
    }
  return runs.flatMap(({ run, keys }) =>
    keys.flatMap((wanted): ReadyStage[] => {
      const stage = run.stages.find(({ id }) => id === wanted.id)
      if (!stage || isReached(stage, run.until)) return []
      const place = placeOf(stage)
      if (taken.has(place) || isActive(place)) return []
      // The checkpoint of a fork is there, whatever the student that left it comes to.
      const shared = wanted.prefix?.fork ? null : wanted.prefix
      const prefix = shared && !isDone(shared.key) ? coming.get(shared.key) : undefined
      const before = wanted.after.flatMap((key) => coming.get(key) ?? [])
      const after = [...new Set([...before, ...(prefix === undefined ? [] : [prefix])])].filter((one) => one !== place)
      if (after.length > 0 && !ahead) return []
      taken.add(place)
      return [{ runId: run.id, stage, after }]
    }),
  )
}
