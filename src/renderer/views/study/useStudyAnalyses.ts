import { computed, onScopeDispose } from 'vue'
import { hasEnded, type CellAnalysis, type StudyAnalysis, type StudyCell } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useEngineStore } from '../../stores/engine'

/** Events come ten a second while one is measured. */
const readEvery = 700

/** A cell with what its analyses have found, in the order of the definition. */
export interface AnalysedCell {
  readonly cell: StudyCell
  readonly analyses: readonly CellAnalysis[]
}

export const analysedCells = (cells: readonly StudyCell[], analyses: readonly CellAnalysis[]): AnalysedCell[] => {
  const byCell = new Map<number, CellAnalysis[]>()
  for (const one of analyses) byCell.set(one.cell, [...(byCell.get(one.cell) ?? []), one])
  return cells.map((cell) => ({ cell, analyses: byCell.get(cell.index) ?? [] }))
}

/** The analyses of a study's cells, kept up to date. */
export function useStudyAnalyses(
  studyId: () => string,
  cells: () => readonly StudyCell[],
  wanted: () => readonly StudyAnalysis[],
) {
  const { engine, onReopen } = useConnection()
  const store = useEngineStore()
  const query = useEngineQuery('studies.analyses', () => (wanted().length > 0 ? { studyId: studyId() } : null))
  let timer: ReturnType<typeof setTimeout> | undefined
  const readSoon = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined
      query.refresh()
    }, readEvery)
  }
  const own = computed(() => new Set(cells().flatMap(({ runId }) => runId ?? [])))
  const ends = [
    engine.subscribe('analysis.changed', {}, ({ runId }) => own.value.has(runId) && readSoon()),
    engine.subscribe('analysis.removed', {}, ({ runId }) => own.value.has(runId) && readSoon()),
    engine.subscribe('study.changed', {}, ({ study }) => study.id === studyId() && readSoon()),
    onReopen(() => query.refresh()),
  ]
  onScopeDispose(() => {
    clearTimeout(timer)
    for (const end of ends) end()
  })
  const rows = computed(() => analysedCells(cells(), query.data.value ?? []))
  const columns = computed(() => wanted().map(({ id }) => store.member('analysis', id)?.title ?? id))
  const counts = computed(() => {
    const all = query.data.value ?? []
    const ended = all.filter(({ asked, error }) => error !== null || (asked !== null && hasEnded(asked))).length
    return { all: all.length, ended, failed: all.filter(({ error }) => error !== null).length }
  })
  return {
    rows,
    columns,
    counts,
    loaded: computed(() => query.data.value !== null),
    error: query.error,
    read: query.refresh,
  }
}
