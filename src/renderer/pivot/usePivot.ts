import { computed, ref, watch } from 'vue'
import type { CallArgs } from '@shared/contract'
import {
  noLabel,
  seedField,
  tellsRecordsApart,
  type Pivot,
  type PivotField,
  type PivotModel,
  type PivotQuery,
} from '@shared/domain'
import { defaultShown, type PivotShown } from '@shared/domain/pivotText'
import { useAxisLabels } from '../composables/useAxisLabels'
import { useStudiesStore } from '../stores/studies'
import { useTableValues } from '../table/useTableValues'

export type PivotKind = PivotModel['kind'] | 'both'

/** Which models it counts. */
export type PivotSource = Pick<CallArgs<'table.pivot'>, 'query' | 'keys' | 'study'>

const nothing: Pivot = {
  rowFields: [],
  columnFields: [],
  rows: [],
  columns: [],
  cells: [],
  runs: [],
  arithmetics: [],
  precisions: [],
}

/** The reader's choice of rows, columns and what cells show; the table that the engine makes of it. */
export function usePivot(source: () => PivotSource) {
  const studies = useStudiesStore()
  const { labelOf } = useAxisLabels()
  const chosen = ref<Pick<PivotQuery, 'rows' | 'columns'> | null>(null)
  const shown = ref<PivotShown>({ ...defaultShown, published: true, significance: true })
  const kind = ref<PivotKind>('student')

  const { data, error, pending, refresh } = useTableValues(
    'table.pivot',
    () => ({
      ...source(),
      ...(kind.value === 'both' ? {} : { kind: kind.value }),
      ...(chosen.value && { rows: [...chosen.value.rows], columns: [...chosen.value.columns] }),
    }),
    0,
  )
  const pivot = computed<Pivot>(() => data.value?.pivot ?? nothing)
  const fields = computed<readonly PivotField[]>(() => data.value?.fields ?? [])
  const query = computed<Pick<PivotQuery, 'rows' | 'columns'>>(
    () => chosen.value ?? { rows: pivot.value.rowFields, columns: pivot.value.columnFields },
  )
  /** Those that tell these models apart; the others would be a row of their own for nothing. */
  const offered = computed(() => {
    const placed = new Set([...query.value.rows, ...query.value.columns])
    return (data.value?.fields ?? []).filter(({ id, varies }) => varies || placed.has(id))
  })
  const loaded = computed(() => data.value !== null)
  const empty = computed(() => pivot.value.runs.length === 0)

  /** Puts fields on one side; they leave the other. */
  function place(side: 'rows' | 'columns', ids: readonly string[]): void {
    const { rows, columns } = query.value
    const left = (list: readonly string[]): string[] => list.filter((id) => !ids.includes(id))
    chosen.value = side === 'rows' ? { rows: ids, columns: left(columns) } : { rows: left(rows), columns: ids }
  }
  /** What varies, as at first. */
  const reset = (): void => {
    chosen.value = null
  }
  // What was placed for one study need not exist in another.
  watch(() => source().study, reset)
  const show = (change: Partial<PivotShown>): void => {
    shown.value = { ...shown.value, ...change }
  }
  const anyPublished = computed(() => pivot.value.cells.some((row) => row.some((cell) => cell?.published)))
  const anyTests = computed(() => pivot.value.cells.some((row) => row.some((cell) => cell?.tests)))

  const nameOf = (field: string, label: string): string => {
    if (label === noLabel) return label
    if (field === 'study') return studies.byId.get(label)?.name ?? label
    if (field === 'model') return label === 'teacher' ? 'Teacher' : 'Student'
    return labelOf(field, label)
  }
  const titleOf = (id: string): string => fields.value.find((field) => field.id === id)?.title ?? id
  /** The same table with the names that people read in place of ids. */
  const named = computed<Pivot>(() => {
    const heads = (list: Pivot['rows'], ids: readonly string[]): Pivot['rows'] =>
      list.map(({ labels }) => ({ labels: labels.map((label, at) => nameOf(ids[at] ?? '', label)) }))
    const { rows, columns, rowFields, columnFields } = pivot.value
    return { ...pivot.value, rows: heads(rows, rowFields), columns: heads(columns, columnFields) }
  })
  return {
    ...{ loaded, empty, error, pending, refresh, reset, chosen },
    ...{ fields, offered, query, pivot, named, place, titleOf },
    ...{ kind, shown, show, anyPublished, anyTests },
  }
}
export type PivotView = ReturnType<typeof usePivot>

/** Fields that only tell records apart stand last in a list of choices. */
export const fieldRank = (id: string): number => (id === seedField ? 1 : tellsRecordsApart(id) ? 2 : 0)
