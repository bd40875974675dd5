/** Stays with a run to its end: shows progress, passes Ctrl+C on, survives a lost connection. */
import type { RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'
import { progressLine, stageLine, type Output } from './output'

const ended: readonly RunSummary['state'][] = ['done', 'failed', 'stopped', 'paused', 'interrupted']

export interface Followed { run: RunSummary; interrupted: boolean }

/** Resolves when the run has ended, or at once at a second Ctrl+C (with the record as it then was). */
export function followRun(client: EngineClient, first: RunSummary, output: Output): Promise<Followed> {
  return new Promise((resolve, reject) => {
    let interrupted = 0
    let current = first
    const told = new Set<string>()
    const finish = (action: () => void): void => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onInterrupt)
      for (const stop of stops) stop()
      output.endProgress()
      action()
    }
    // Stages repeat what concerns all of them.
    const tellOnce = (line: string): void => {
      if (!told.has(line)) output.tell(line)
      told.add(line)
    }
    const see = (run: RunSummary): void => {
      current = run
      for (const stage of run.stages) {
        for (const warning of stage.warnings) tellOnce(`warning: ${warning}`)
        if (stage.state === 'done') tellOnce(stageLine(stage))
      }
      if (ended.includes(run.state)) finish(() => resolve({ run, interrupted: interrupted > 0 }))
      else if (interrupted === 0) output.progress(progressLine(run))
    }
    const onInterrupt = (): void => {
      interrupted += 1
      if (interrupted > 1) return finish(() => resolve({ run: current, interrupted: true }))
      output.tell('Stopping after the current step, with a checkpoint. Ctrl+C again leaves at once.')
      client.call('runs.stop', { runId: first.id }).catch((error: unknown) => finish(() => reject(error as Error)))
    }
    const stops = [
      client.subscribe('run.changed', { runId: first.id }, ({ run }) => see(run)),
      // What happened while the connection was away is in the record.
      client.onConnection((state, reason) => {
        if (state === 'connected') void client.call('runs.get', { runId: first.id }).then(see, () => undefined)
        else if (state === 'closed') finish(() => reject(new Error(reason ?? 'The engine ended.')))
      }),
    ]
    process.on('SIGINT', onInterrupt)
    process.on('SIGTERM', onInterrupt)
    // The run may have ended before the subscription began.
    client.call('runs.get', { runId: first.id }).then(see, (error: unknown) => finish(() => reject(error as Error)))
  })
}
