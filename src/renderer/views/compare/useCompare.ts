import { computed } from 'vue'
import { publishedComparison, resultsOf } from '@shared/domain'
import { resultKey } from '../../charts/planeOption'
import { dateTime } from '../../format/times'
import { wordFilter } from '../../format/words'
import { useCompareStore, type CompareColumn } from '../../stores/compare'
import { useEngineStore } from '../../stores/engine'
import { useRunListStore } from '../../stores/runList'
import { compareCsv, type CompareRow } from './compareRows'
import { useModelNames } from './useModelNames'

/** Rows of the compare view: teachers and students of all runs, filtered, with readable names. */
export function useCompare() {
  const runs = useRunListStore()
  const engine = useEngineStore()
  const store = useCompareStore()

  const all = computed<CompareRow[]>(() =>
    runs.runs.flatMap((run) =>
      resultsOf(run).map((result) => ({
        ...result,
        key: resultKey(result),
        published: publishedComparison(result, run.method),
      })),
    ),
  )
  const searchText = (row: CompareRow): string => {
    const { runName, kind, attack, method, defense, data, state, seed } = row
    const titles = `${engine.kindOf(row)} ${engine.titleOf('attack', attack)}`
    return `${runName} ${kind} ${attack} ${method ?? ''} ${defense ?? ''} ${data} ${state} seed ${seed} ${titles}`
  }
  const rows = computed(() => {
    const matches = wordFilter(store.filter)
    return all.value.filter((row) => matches(searchText(row)))
  })
  const selectedRows = computed(() => all.value.filter((row) => store.selected.has(row.key)))

  const nameOf = useModelNames(() => rows.value)
  const nameOfSelected = useModelNames(() => selectedRows.value)
  const text = (row: CompareRow, column: CompareColumn): string | number | null => {
    switch (column) {
      case 'kind':
        return engine.kindOf(row)
      case 'data':
        return engine.titleOf('dataset', row.data)
      case 'attack':
        return engine.titleOf('attack', row.attack)
      case 'method':
        return row.method === null ? null : engine.titleOf('distillation', row.method)
      case 'published':
        return row.published?.accuracy ?? null
      case 'createdAt':
        return dateTime(row.createdAt)
      default:
        return row[column]
    }
  }
  const csv = (): string => compareCsv(rows.value)
  return {
    store,
    all,
    rows,
    selectedRows,
    defenseTitle: engine.shortDefenses,
    modelName: engine.kindOf,
    nameOf,
    nameOfSelected,
    text,
    csv,
  }
}
