/** What an engine that ended badly left behind. */
import { ownMachine } from '../../../../shared/domain'
import { keepsQueue, type Executor } from '../executors/executor'
import type { RunStore } from '../store'
import { placeOf } from './demand'
import { engineEnded, type LeftStage } from './scheduler'

export interface Recovered {
  readonly left: readonly LeftStage[]
  /** Runs to go on with. */
  readonly runIds: readonly string[]
}

/**
 * Stages that run on, or have ended unheard, are taken up, and so are their runs. Of the others, what ran on this
 * machine is interrupted and what waited for it is paused: nothing trains unasked. What waits for another machine waits
 * on.
 * @param options `replaces`: the engine takes the place of one that died a moment ago, so nothing has become unasked
 */
export function recoverRuns(
  store: RunStore,
  executors: ReadonlyMap<string, Executor>,
  { replaces }: { replaces: boolean },
): Recovered {
  const left: LeftStage[] = []
  for (const stage of store.stages.all()) {
    if (stage.state !== 'running') continue
    const found = takeUp(store, executors, stage.place)
    if (found) left.push(found)
    else
      store.stages.update(stage.place, {
        state: 'interrupted',
        secondsLeft: null,
        activity: undefined,
        where: undefined,
      })
  }
  const taken = new Set(left.flatMap(({ place }) => store.runs.naming(place)))
  const goesOn = replaces || left.some(({ executor }) => !keepsQueue(executor))
  const runIds: string[] = []
  for (const id of store.runs.ids(['running', 'queued'])) {
    const run = store.runs.peek(id)
    const executor = executors.get(run.executor ?? ownMachine)
    const elsewhere = executor !== undefined && keepsQueue(executor)
    // An engine that comes back while its trainer works goes on with what waited behind it; one that takes the place of
    // another at once also with runs that were between two stages.
    // One whose stages are all done has nothing to train any more: its end was not written down.
    const done = run.stages.length > 0 && run.stages.every(({ state }) => state === 'done')
    if (done || taken.has(id) || elsewhere || (run.state === 'queued' && goesOn) || replaces) runIds.push(id)
    else
      store.runs.update(id, {
        state: run.state === 'running' ? 'interrupted' : 'paused',
        endedAt: Date.now(),
        error: run.state === 'running' ? engineEnded() : null,
      })
  }
  return { left, runIds: runIds.reverse() }
}

function takeUp(store: RunStore, executors: ReadonlyMap<string, Executor>, place: string): LeftStage | null {
  const { trainedFor } = store.stages.get(place)
  const runId = [trainedFor, ...store.runs.naming(place)].find((id) => id !== null && store.runs.has(id))
  if (runId === null || runId === undefined) return null
  const run = store.runs.peek(runId)
  const kind = run.stages.find((stage) => placeOf(stage) === place)?.kind
  const executor = executors.get(kind === 'data' ? ownMachine : (run.executor ?? ownMachine))
  if (!executor) return null
  return executor.hasTask(store.stageFolder(place)) ? { place, executor, runId } : null
}
