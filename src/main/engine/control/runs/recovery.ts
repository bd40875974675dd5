import { UserError, toCauses } from '../../../../shared/errors'
import type { RunStore } from '../store'

/**
 * What an engine that ended badly left behind: running becomes interrupted, waiting becomes paused (nothing trains
 * unasked).
 */
export function recoverRuns(store: RunStore): void {
  for (const run of store.runs.list(true)) {
    if (run.state !== 'running' && run.state !== 'queued') continue
    const state = run.state === 'running' ? ('interrupted' as const) : ('paused' as const)
    for (const stage of run.stages)
      if (stage.state === 'running')
        store.runs.updateStage(run.id, stage.id, { state: 'interrupted', secondsLeft: null, activity: undefined })
    store.runs.update(run.id, {
      state,
      endedAt: Date.now(),
      error:
        state === 'interrupted'
          ? toCauses(
              new UserError('The engine ended while this run was training.', {
                action: 'Resume it: it goes on at its last checkpoint.',
              }),
            )
          : null,
    })
  }
}
