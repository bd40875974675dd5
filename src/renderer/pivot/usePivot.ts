import { computed, ref, watch } from 'vue'
import type { CallArgs } from '@shared/contract'
import {
  noDefense,
  seedField,
  tellsRecordsApart,
  type Pivot,
  type PivotField,
  type PivotModel,
  type PivotQuery,
} from '@shared/domain'
import { defaultShown, type PivotShown } from '@shared/domain/pivotText'
import { useTableValues } from '../table/useTableValues'
import { usePivotNames } from './usePivotNames'

export type PivotKind = PivotModel['kind'] | 'both'

/** Which models it counts. */
export type PivotSource = Pick<CallArgs<'table.pivot'>, 'query' | 'keys' | 'study'>

const nothing: Pivot = {
  rowFields: [],
  columnFields: [],
  against: null,
  rows: [],
  columns: [],
  cells: [],
  runs: [],
  arithmetics: [],
  precisions: [],
}

/** The reader's choice of rows, columns and what cells show; the table that the engine makes of it. */
export function usePivot(source: () => PivotSource) {
  const chosen = ref<Pick<PivotQuery, 'rows' | 'columns'> | null>(null)
  const shown = ref<PivotShown>({ ...defaultShown, published: true, significance: true })
  const kind = ref<PivotKind>('student')
  /** Label of the defense to compare with. */
  const against = ref(noDefense)

  const { data, error, pending, refresh } = useTableValues(
    'table.pivot',
    () => ({
      ...source(),
      ...(kind.value === 'both' ? {} : { kind: kind.value }),
      ...(chosen.value && { rows: [...chosen.value.rows], columns: [...chosen.value.columns] }),
      ...(against.value !== noDefense && { against: against.value }),
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
    against.value = noDefense
  }
  // What was placed for one study need not exist in another.
  watch(() => source().study, reset)
  const show = (change: Partial<PivotShown>): void => {
    shown.value = { ...shown.value, ...change }
  }
  const anyPublished = computed(() => pivot.value.cells.some((row) => row.some((cell) => cell?.published)))
  const anyTests = computed(() => pivot.value.cells.some((row) => row.some((cell) => cell?.tests)))

  const { named, comparable, titleOf } = usePivotNames(data, pivot)
  return {
    ...{ loaded, empty, error, pending, refresh, reset, chosen },
    ...{ fields, offered, query, pivot, named, place, titleOf },
    ...{ kind, shown, show, against, comparable, anyPublished, anyTests },
  }
}
export type PivotView = ReturnType<typeof usePivot>

/** Fields that only tell records apart stand last in a list of choices. */
export const fieldRank = (id: string): number => (id === seedField ? 1 : tellsRecordsApart(id) ? 2 : 0)
