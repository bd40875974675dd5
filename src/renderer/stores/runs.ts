import { defineStore } from 'pinia'
import { computed, shallowReactive, shallowRef } from 'vue'
import type { CallArgs } from '@shared/contract'
import type { RunState, RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { createLoading } from './loading'
import { runEdits } from './runEdits'

/** More are not kept; those that somebody looks at and those that are at work always are. */
const mostKept = 400
const mostRunning = 200
/** How often what runs and what is there is counted anew, at most; in milliseconds. */
const calm = 1000

const isAtWork = (state: RunState): boolean => state === 'running' || state === 'queued'

/** Records of the runs that somebody looks at, kept current by the engine's events; never all of them. */
export const useRunsStore = defineStore('runs', () => {
  const { engine, onReopen } = useConnection()
  const byId = shallowReactive(new Map<string, RunSummary>())
  const held = new Map<string, number>()

  const keep = (run: RunSummary): RunSummary => {
    byId.set(run.id, run)
    if (byId.size > mostKept) forgetSome(byId, held)
    return run
  }
  /** Records that came along with a table: of those that are here events have told more since. */
  function meet(runs: readonly RunSummary[]): void {
    for (const run of runs) if (!byId.has(run.id)) keep(run)
  }
  /** Keeps a run's record current as long as it is looked at; returns the function that ends it. */
  function hold(runId: string): () => void {
    held.set(runId, (held.get(runId) ?? 0) + 1)
    return () => {
      const left = (held.get(runId) ?? 1) - 1
      if (left > 0) held.set(runId, left)
      else held.delete(runId)
    }
  }
  const { activeCount, total, loaded, loadError, load, reload } = useActivity(byId, meet)
  onReopen(() => {
    // What changed meanwhile was not heard.
    for (const id of [...byId.keys()]) if (!held.has(id)) byId.delete(id)
    void reload()
  })
  let timer: ReturnType<typeof setTimeout> | undefined
  engine.subscribe('table.changed', {}, () => {
    timer ??= setTimeout(() => {
      timer = undefined
      if (loaded.value) void reload()
    }, calm)
  })
  engine.subscribe('run.changed', {}, ({ run }) => {
    if (byId.has(run.id) || held.has(run.id) || isAtWork(run.state)) keep(run)
  })
  engine.subscribe('run.removed', {}, ({ runId }) => byId.delete(runId))

  const active = computed(() =>
    [...byId.values()]
      .filter(({ state, deletedAt }) => isAtWork(state) && deletedAt === null)
      .sort((left, right) => right.createdAt - left.createdAt),
  )
  const start = async (args: CallArgs<'runs.start'>): Promise<RunSummary> => {
    const run = keep(await engine.call('runs.start', args))
    total.value = Math.max(1, total.value)
    return run
  }
  const control = async (verb: 'pause' | 'stop' | 'resume', runId: string): Promise<void> => {
    keep(await engine.call(`runs.${verb}`, { runId }))
  }
  const trainAgain = async (runId: string, stageId: string): Promise<void> => {
    keep(await engine.call('runs.trainAgain', { runId, stageId }))
  }
  return {
    ...{ byId, active, activeCount, total, loaded, loadError },
    ...{ load, keep, meet, hold, start, control, trainAgain },
    ...runEdits(byId, keep, reload),
  }
})

/** What is at work and how much there is; the records of what runs come along. */
function useActivity(byId: Map<string, RunSummary>, meet: (runs: readonly RunSummary[]) => void) {
  const { engine } = useConnection()
  /** Runs that there are, the archive included and the bin not. */
  const total = shallowRef(0)
  const activeCount = shallowRef(0)
  const ask = (query: string, limit: number) =>
    engine.call('table.rows', { of: 'runs', query, columns: [], order: [], offset: 0, limit })
  const loading = createLoading(async () => {
    const before = [...byId.values()].filter(({ state }) => state === 'running')
    const [running, active, whole] = await Promise.all([
      ask('state:running', mostRunning),
      ask('is:active', 1),
      ask('is:archived', 1),
    ])
    const present = new Set(running.runs.map(({ id }) => id))
    meet(running.runs)
    // Of a run whose end was not heard the record would say for ever that it runs.
    if (running.matching <= mostRunning)
      for (const run of before) if (!present.has(run.id) && byId.get(run.id) === run) byId.delete(run.id)
    activeCount.value = active.matching
    total.value = whole.total
  })
  return { total, activeCount, ...loading }
}

/** Those that came first go first. */
function forgetSome(byId: Map<string, RunSummary>, held: ReadonlyMap<string, number>): void {
  const free = [...byId.values()].filter(({ id, state }) => !held.has(id) && !isAtWork(state))
  for (const { id } of free.slice(0, mostKept / 4)) byId.delete(id)
}
