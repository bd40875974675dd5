/** The runs that train or wait, as the engine tells of them. */
import type { RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'

/** A waiting run counts: between two runs of the queue nothing is over. */
const isActive = (run: RunSummary): boolean => run.state === 'running' || run.state === 'queued'

export interface ActiveRuns {
  /** The run that trains now, or the first that waits for its turn, if any. */
  first(): RunSummary | null
  stop(): void
}

/**
 * `onChange` hears of the run that comes first whenever a run begins, changes its state or ends; of null once when the
 * last one has ended.
 */
export function watchActiveRuns(
  client: Pick<EngineClient, 'call' | 'subscribe' | 'onConnection'>,
  onChange: (first: RunSummary | null) => void,
): ActiveRuns {
  const active = new Map<string, RunSummary>()
  let wasActive = false
  const first = (): RunSummary | null => {
    const runs = [...active.values()]
    return runs.find((run) => run.state === 'running') ?? runs[0] ?? null
  }
  const settle = (): void => {
    if (active.size > 0 || wasActive) onChange(first())
    wasActive = active.size > 0
  }
  const see = (run: RunSummary): void => {
    const before = active.get(run.id)
    if (isActive(run)) active.set(run.id, run)
    else active.delete(run.id)
    if (before?.state !== run.state) settle()
  }
  const load = async (): Promise<void> => {
    const runs = await client.call('runs.list', { atWork: true })
    active.clear()
    for (const run of runs) active.set(run.id, run)
    settle()
  }
  const stops = [
    client.subscribe('run.changed', {}, ({ run }) => see(run)),
    // What happened while the engine was away shows in the list.
    client.onConnection((state) => {
      if (state === 'connected') void load().catch(() => undefined)
    }),
  ]
  void load().catch(() => undefined)
  return {
    first,
    stop: () => {
      for (const stop of stops) stop()
    },
  }
}
