/** Tells clients how a run stands: states at once, progress a few times a second. */
import type { EventHub } from '../events'
import { createYielding } from '../../images/yielding'
import type { RunStore } from '../store'

/** run.changed leaves at most this often for progress. */
const changedInterval = 250

export interface RunTeller {
  /** The newest record of a run, now. */
  tell(runId: string): void
  /** Within the interval, with whatever changes until then. */
  tellSoon(runId: string): void
  dispose(): void
}

export function createRunTeller({ runs }: Pick<RunStore, 'runs'>, hub: EventHub): RunTeller {
  const pending = new Map<string, NodeJS.Timeout>()
  const tell = (runId: string): void => {
    clearTimeout(pending.get(runId))
    pending.delete(runId)
    if (runs.has(runId)) hub.emit('run.changed', { run: runs.summary(runId) })
  }
  return {
    tell,
    tellSoon(runId) {
      if (!pending.has(runId))
        pending.set(
          runId,
          setTimeout(() => tell(runId), changedInterval),
        )
    },
    dispose() {
      for (const timer of pending.values()) clearTimeout(timer)
    },
  }
}

/** Tells of thousands, beside other work. */
export async function tellAll(teller: Pick<RunTeller, 'tell'>, runIds: readonly string[]): Promise<void> {
  const yielding = createYielding()
  for (const id of runIds) {
    if (yielding.due()) await yielding.pause()
    teller.tell(id)
  }
}
