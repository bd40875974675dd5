import { computed, type ComputedRef } from 'vue'
import type { ColumnGroup, TableColumn, TableOf } from '@shared/domain'
import { useEngineQuery } from '../composables/useEngineQuery'

const groupTitles: Readonly<Record<ColumnGroup, string>> = {
  record: 'Run',
  result: 'Results',
  setting: 'Parameters',
  curve: 'Last value of a curve',
  analysis: 'Analyses',
}

export interface ColumnSection {
  readonly title: string
  readonly columns: readonly TableColumn[]
}

/** Every column that the engine knows of such a table, and how to look one up. */
export function useTableColumns(of: TableOf) {
  const { data, error, refresh } = useEngineQuery('table.columns', () => ({ of }))
  const columns = computed<readonly TableColumn[]>(() => data.value ?? [])
  const byId = computed(() => new Map(columns.value.map((column) => [column.id, column])))
  const sections: ComputedRef<ColumnSection[]> = computed(() =>
    (['record', 'result', 'setting', 'curve', 'analysis'] as const)
      .map((group) => ({
        title: groupTitles[group],
        columns: columns.value.filter((column) => column.group === group),
      }))
      .filter((section) => section.columns.length > 0),
  )
  /** What people call a value that is told as text; of a list each of its lines. */
  function wordsOf(id: string, value: string): string {
    const labels = byId.value.get(id)?.labels
    if (!labels) return value
    return value
      .split('\n')
      .map((line) => labels[line] ?? line)
      .join(', ')
  }
  return { columns, byId, sections, wordsOf, loaded: computed(() => data.value !== null), error, refresh }
}
export type TableColumns = ReturnType<typeof useTableColumns>
