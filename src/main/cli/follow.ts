/** Stays with a run to its end: shows progress, passes Ctrl+C on, survives a lost connection. */
import { metricDefinitions } from '../../shared/domain'
import type { MetricDefinition, MetricSeries, RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'
import { progressLine, stageLine, type Output } from './output'

const ended: readonly RunSummary['state'][] = ['done', 'failed', 'stopped', 'paused', 'interrupted']

/** The newest value of the first metric that stands for a stage, in words; undefined where none of them came. */
function headlineOf(
  definitions: Readonly<Record<string, MetricDefinition>>,
  series: Readonly<Record<string, MetricSeries>>,
): string | undefined {
  const [name, definition] =
    Object.entries(definitions).find(([entry, { headline }]) => headline === true && series[entry]) ?? []
  const value = name === undefined ? undefined : series[name]?.values.at(-1)
  return definition && value !== undefined
    ? `${definition.title.toLowerCase()} ${Number(value.toPrecision(4))}`
    : undefined
}

export interface Followed {
  run: RunSummary
  interrupted: boolean
}

/** Resolves when the run has ended, or at once at a second Ctrl+C (with the record as it then was). */
export function followRun(client: EngineClient, first: RunSummary, output: Output): Promise<Followed> {
  return new Promise((resolve, reject) => {
    let interrupted = 0
    let current = first
    const told = new Set<string>()
    let definitions: Readonly<Record<string, MetricDefinition>> = metricDefinitions
    /** Each stage's newest loss, and whether the line that first has a figure was written. */
    const losses = new Map<string, string>()
    let figuresOf = ''
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
        for (const { severity, message } of stage.findings ?? [])
          tellOnce(`${severity === 'ok' || severity === 'info' ? 'trigger' : severity}: ${message}`)
        for (const warning of stage.warnings) tellOnce(`warning: ${warning}`)
        if (stage.state === 'done') tellOnce(stageLine(stage))
      }
      if (ended.includes(run.state)) finish(() => resolve({ run, interrupted: interrupted > 0 }))
      else if (interrupted === 0) tellProgress(run)
    }
    const tellProgress = (run: RunSummary): void => {
      const stage = run.stages.find((entry) => entry.state === 'running')
      const loss = losses.get(stage?.id ?? '')
      const figures = stage && (stage.evaluation || loss) ? stage.id : ''
      // A stage's first figures are what one waits for; later ones come at the usual pace.
      output.progress(progressLine(run, loss), figures !== '' && figures !== figuresOf)
      if (figures !== '') figuresOf = figures
    }
    const seeMetrics = (stageId: string, series: Record<string, MetricSeries>): void => {
      const loss = headlineOf(definitions, series)
      if (loss === undefined) return
      losses.set(stageId, loss)
      if (!ended.includes(current.state) && interrupted === 0) tellProgress(current)
    }
    const onInterrupt = (): void => {
      interrupted += 1
      if (interrupted > 1) return finish(() => resolve({ run: current, interrupted: true }))
      output.tell(
        'Stopping after the current step with a checkpoint, or at the last one where a step takes long. Ctrl+C again leaves at once.',
      )
      client.call('runs.stop', { runId: first.id }).catch((error: unknown) => finish(() => reject(error as Error)))
    }
    const stops = [
      client.subscribe('run.changed', { runId: first.id }, ({ run }) => see(run)),
      client.subscribe('run.metrics', { runId: first.id }, ({ stageId, series }) => seeMetrics(stageId, series)),
      // What happened while the connection was away is in the record.
      client.onConnection((state, reason) => {
        if (state === 'connected') void client.call('runs.get', { runId: first.id }).then(see, () => undefined)
        else if (state === 'closed') finish(() => reject(new Error(reason ?? 'The engine ended.')))
      }),
    ]
    process.on('SIGINT', onInterrupt)
    process.on('SIGTERM', onInterrupt)
    // Members' own metrics are the catalogue's; until it is here, and without it, the shared ones do.
    client.call('engine.catalogue', {}).then(
      ({ metrics }) => {
        definitions = metrics
      },
      () => undefined,
    )
    // The run may have ended before the subscription began.
    client.call('runs.get', { runId: first.id }).then(see, (error: unknown) => finish(() => reject(error as Error)))
  })
}
