import { defineStore } from 'pinia'
import { shallowRef, type ShallowRef } from 'vue'
import type { MetricSeries } from '@shared/domain'
import { useConnection } from '../api/connection'
import type { ChartLine } from '../charts/chartLine'
import { SeriesBuffer } from '../charts/seriesBuffer'
import { createStageCache, type StageEntry } from './stageCache'

/** Points asked for when a stage is opened; live points come on top in full. */
const historyPoints = 20_000
/** Of one metric when it is written to a file: all. */
const mostPoints = 1_000_000
/** Of all stages that views have left: a run's thirty metrics at `historyPoints` are 10 MB. */
const mostBytes = 96 * 1024 * 1024
/** Milliseconds between two redraws of live charts. */
const redrawInterval = 120

interface History {
  buffers: Map<string, SeriesBuffer>
  /** Grows with every change; read it to depend on the points. */
  version: ShallowRef<number>
}
export type StageHistory = StageEntry<History>

/** The points of one metric, null where there are none; a computed that reads them depends on them. */
export function pointsOf({ buffers, version }: StageHistory, name: string): MetricSeries | null {
  void version.value
  return buffers.get(name)?.view() ?? null
}
/** The metrics that any of these histories has; a computed that reads them depends on them. */
export function metricNamesOf(histories: readonly StageHistory[]): string[] {
  for (const { version } of histories) void version.value
  return [...new Set(histories.flatMap(({ buffers }) => [...buffers.keys()]))]
}

function append({ buffers }: History, series: Record<string, MetricSeries>): void {
  for (const [name, points] of Object.entries(series)) {
    let buffer = buffers.get(name)
    if (!buffer) buffers.set(name, (buffer = new SeriesBuffer()))
    buffer.append(points)
  }
}

/**
 * Batches come up to 30 times a second; charts that redraw less often look as live and leave the processor to training.
 */
function createRedraws(): (history: History) => void {
  const changed = new Set<History>()
  function publish(): void {
    for (const history of changed) history.version.value++
    changed.clear()
  }
  return (history) => {
    if (changed.size === 0) setTimeout(() => requestAnimationFrame(publish), redrawInterval)
    changed.add(history)
  }
}

/** The metrics of the stages that a view has opened, with live points appended. */
export const useMetricsStore = defineStore('metrics', () => {
  const { engine } = useConnection()
  const redraw = createRedraws()
  const { open, refresh, add } = createStageCache({
    mostBytes,
    bytesOf: ({ buffers }) => [...buffers.values()].reduce((sum, { bytes }) => sum + bytes, 0),
    create: (): History => ({ buffers: new Map(), version: shallowRef(0) }),
    ask: (stage) => engine.call('runs.metrics', { ...stage, maximumPoints: historyPoints }),
    take: (history, { series }) => {
      history.buffers.clear()
      append(history, series)
      history.version.value++
    },
    add: (history, series: Record<string, MetricSeries>) => {
      append(history, series)
      redraw(history)
    },
  })
  /**
   * Lines with every point that is recorded; what is drawn may be thinned. A line that names no source stays as it is.
   */
  const complete = (lines: readonly ChartLine[]): Promise<ChartLine[]> =>
    Promise.all(
      lines.map(async (line) => {
        if (!line.source) return line
        const { runId, stageId, metric } = line.source
        const { series } = await engine.call('runs.metrics', {
          runId,
          stageId,
          names: [metric],
          maximumPoints: mostPoints,
        })
        return { ...line, series: series[metric] ?? line.series }
      }),
    )
  engine.subscribe('run.metrics', {}, ({ series, ...stage }) => add(stage, series))
  return { open, refresh, complete }
})
