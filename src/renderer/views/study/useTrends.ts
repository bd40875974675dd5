import { onScopeDispose, shallowReactive, watch } from 'vue'
import type { MetricSeries, StudyCell } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useRunsStore } from '../../stores/runs'

/** How the student of a cell has done so far; fractions of 1. */
export interface CellTrend {
  readonly accuracy: readonly number[]
  readonly asr: readonly number[]
}

/** More points than a small line has pixels say no more. */
const mostPoints = 60
/** So many cells at most; an executor with a hundred places has no need of a hundred lines. */
const mostCells = 40

const added = (known: readonly number[], series: MetricSeries | undefined): readonly number[] =>
  series ? [...known, ...series.values].slice(-mostPoints) : known

/** The trends of the cells that run, by the run's id: read once, then continued by the engine's events. */
export function useTrends(cells: () => readonly StudyCell[]) {
  const { engine } = useConnection()
  const runs = useRunsStore()
  const trends = shallowReactive(new Map<string, CellTrend>())
  /** The stage of a run whose trend it is. */
  const students = new Map<string, string>()

  async function read(runId: string): Promise<void> {
    trends.set(runId, { accuracy: [], asr: [] })
    try {
      const run = runs.byId.get(runId) ?? (await engine.call('runs.get', { runId }))
      const stage = run.stages.find(({ kind }) => kind === 'student')
      if (!stage) return
      students.set(runId, stage.id)
      const args = { runId, stageId: stage.id, names: ['accuracy', 'asr'], maximumPoints: mostPoints }
      const { series } = await engine.call('runs.metrics', args)
      if (trends.has(runId))
        trends.set(runId, { accuracy: added([], series['accuracy']), asr: added([], series['asr']) })
    } catch {
      // A line is no more than an ornament of the numbers; live points still draw it.
    }
  }
  watch(
    () =>
      cells()
        .flatMap(({ state, runId }) => (state === 'running' && runId !== null ? [runId] : []))
        .slice(0, mostCells)
        .join(' '),
    (ids) => {
      const running = new Set(ids.split(' ').filter(Boolean))
      for (const id of trends.keys()) if (!running.has(id)) trends.delete(id)
      for (const id of running) if (!trends.has(id)) void read(id)
    },
    { immediate: true },
  )
  onScopeDispose(
    engine.subscribe('run.metrics', {}, ({ runId, stageId, series }) => {
      const known = trends.get(runId)
      if (!known || !(series['accuracy'] ?? series['asr'])) return
      if (students.get(runId) !== stageId) return
      trends.set(runId, { accuracy: added(known.accuracy, series['accuracy']), asr: added(known.asr, series['asr']) })
    }),
  )
  return trends
}
