import { defineStore } from 'pinia'
import { shallowReactive, shallowRef, type ShallowRef } from 'vue'
import type { MetricSeries } from '@shared/domain'
import { useConnection } from '../api/connection'
import { onStepsBack } from './stepsBack'
import { SeriesBuffer } from '../charts/seriesBuffer'

/** Points asked for when a stage is opened; live points come on top in full. */
const historyPoints = 20_000
/** Milliseconds between two redraws of live charts. */
const redrawInterval = 120

export interface StageHistory {
  buffers: Map<string, SeriesBuffer>
  /** Grows with every change; read it to depend on the points. */
  version: ShallowRef<number>
  state: ShallowRef<'loading' | 'ready' | 'failed'>
  error: ShallowRef<unknown>
  /** Live points that came while the history was on its way. */
  early: Record<string, MetricSeries>[]
  /** Number of the question under way, null between questions; the answer to an overtaken one is dropped. */
  asked: number | null
}

/** The metrics of the stages that a view has opened, with live points appended. */
export const useMetricsStore = defineStore('metrics', () => {
  const { engine, onReopen } = useConnection()
  const histories = shallowReactive(new Map<string, StageHistory>())
  const changed = new Set<StageHistory>()
  let questions = 0
  const keyOf = (runId: string, stageId: string): string => `${runId}/${stageId}`

  // Batches come up to 30 times a second; charts that redraw less often look as live and leave the processor to
  // training.
  function touch(history: StageHistory): void {
    if (changed.size === 0) setTimeout(() => requestAnimationFrame(publish), redrawInterval)
    changed.add(history)
  }
  function publish(): void {
    for (const entry of changed) entry.version.value++
    changed.clear()
  }
  function append(history: StageHistory, series: Record<string, MetricSeries>): void {
    for (const [name, points] of Object.entries(series)) {
      let buffer = history.buffers.get(name)
      if (!buffer) history.buffers.set(name, (buffer = new SeriesBuffer()))
      buffer.append(points)
    }
    touch(history)
  }
  async function fetchHistory(runId: string, stageId: string, history: StageHistory): Promise<void> {
    const own = (history.asked = ++questions)
    if (history.state.value === 'failed') history.state.value = 'loading'
    try {
      const { series } = await engine.call('runs.metrics', { runId, stageId, maximumPoints: historyPoints })
      if (history.asked !== own) return
      history.buffers.clear()
      append(history, series)
      history.state.value = 'ready'
    } catch (error) {
      if (history.asked !== own) return
      history.error.value = error
      // What is on the screen stays there when only its refresh failed.
      if (history.state.value === 'loading') history.state.value = 'failed'
    }
    history.asked = null
    history.early.splice(0).forEach((points) => append(history, points))
  }

  /**
   * Opens a stage's history; fetched once, then kept current by events. A failed one is asked for again only by
   * `retry`: views open in what they compute.
   */
  function open(runId: string, stageId: string): StageHistory {
    const key = keyOf(runId, stageId)
    const known = histories.get(key)
    if (known) return known
    const history: StageHistory = {
      buffers: new Map(),
      version: shallowRef(0),
      state: shallowRef('loading'),
      error: shallowRef(null),
      early: [],
      asked: null,
    }
    histories.set(key, history)
    void fetchHistory(runId, stageId, history)
    return history
  }
  function retry(runId: string, stageId: string): void {
    const history = histories.get(keyOf(runId, stageId))
    if (history) void fetchHistory(runId, stageId, history)
  }
  engine.subscribe('run.metrics', {}, ({ runId, stageId, series }) => {
    const history = histories.get(keyOf(runId, stageId))
    if (!history) return
    if (history.asked !== null) history.early.push(series)
    else append(history, series)
  })
  engine.subscribe('run.removed', {}, ({ runId }) => {
    for (const key of histories.keys()) if (key.startsWith(`${runId}/`)) histories.delete(key)
  })
  onStepsBack(engine, (runId, stageId) => {
    const history = histories.get(keyOf(runId, stageId))
    if (history) void fetchHistory(runId, stageId, history)
  })
  onReopen(() => {
    for (const [key, history] of histories) {
      const [runId = '', stageId = ''] = key.split('/')
      void fetchHistory(runId, stageId, history)
    }
  })
  return { open, retry }
})
