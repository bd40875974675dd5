/** Stays with a run to its end: shows progress, passes Ctrl+C on, survives a lost connection. */
import type { RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'
import type { Output } from './output'
import { createRunTeller } from './runTeller'

const ended: readonly RunSummary['state'][] = ['done', 'failed', 'stopped', 'paused', 'interrupted']

export interface Followed {
  run: RunSummary
  interrupted: boolean
}

/** Resolves when the run has ended, or at once at a second Ctrl+C (with the record as it then was). */
export function followRun(client: EngineClient, first: RunSummary, output: Output): Promise<Followed> {
  const { id: runId } = first
  const teller = createRunTeller(output)
  return new Promise((resolve, reject) => {
    let interrupted = 0
    let current = first
    const finish = (action: () => void): void => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onInterrupt)
      for (const stop of stops) stop()
      output.endProgress()
      action()
    }
    const fail = (error: unknown): void => finish(() => reject(error as Error))
    const see = (run: RunSummary): void => {
      current = run
      teller.news(run)
      if (ended.includes(run.state)) finish(() => resolve({ run, interrupted: interrupted > 0 }))
      else if (interrupted === 0) teller.progress(run)
    }
    const onInterrupt = (): void => {
      interrupted += 1
      if (interrupted > 1) return finish(() => resolve({ run: current, interrupted: true }))
      output.tell(
        'Stopping after the current step with a checkpoint, or at the last one where a step takes long. Ctrl+C again leaves at once.',
      )
      client.call('runs.stop', { runId }).catch(fail)
    }
    const stops = [
      client.subscribe('run.changed', { runId }, ({ run }) => see(run)),
      client.subscribe('run.metrics', { runId }, ({ stageId, series }) => {
        const shown = teller.figures(stageId, series)
        if (shown && !ended.includes(current.state) && interrupted === 0) teller.progress(current)
      }),
      // What happened while the connection was away is in the record.
      client.onConnection((state, reason) => {
        if (state === 'connected') void client.call('runs.get', { runId }).then(see, () => undefined)
        else if (state === 'closed') fail(new Error(reason ?? 'The engine ended.'))
      }),
    ]
    process.on('SIGINT', onInterrupt)
    process.on('SIGTERM', onInterrupt)
    client.call('engine.catalogue', {}).then(
      ({ metrics }) => teller.define(metrics),
      () => undefined,
    )
    // The run may have ended before the subscription began.
    client.call('runs.get', { runId }).then(see, fail)
  })
}
