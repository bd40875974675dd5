import { storeToRefs } from 'pinia'
import { computed, shallowRef, watch, type Ref } from 'vue'
import { publishedData, type ModelRecord } from '@shared/domain'
import { useCompareStore } from '../../stores/compare'
import { useEngineStore } from '../../stores/engine'
import { isNumeric } from '../../table/cellText'
import type { GridColumn, TableQuestion } from '../../table/types'
import { useTableColumns, type TableColumns } from '../../table/useTableColumns'
import { useTableRows } from '../../table/useTableRows'
import { useTableSelection } from '../../table/useTableSelection'
import { useTableValues } from '../../table/useTableValues'
import { useConditions } from './useConditions'
import { mostDetailed, planeColumns } from './usePlane'

/** Always in sight: what it is and of which run, and the two numbers that every comparison is about. */
const pinned: readonly GridColumn[] = [
  { id: 'defenses', title: 'Model', kind: 'text', width: 132, widest: 300, pinned: true },
  { id: 'name', title: 'Run', kind: 'text', width: 176, widest: 420, pinned: true },
  { id: 'accuracy', title: 'Accuracy', kind: 'share', width: 128, pinned: true },
  { id: 'asr', title: 'ASR', kind: 'share', width: 128, pinned: true },
]
/** "71.2 ± 1.3 % n 36" */
const groupedWidth = 146
const groupedNameWidth = 240
const pinnedIds = new Set(pinned.map(({ id }) => id))
/** Made here from a model's record. */
const published: GridColumn = {
  id: 'published',
  title: 'Published',
  kind: 'text',
  width: 150,
  unsorted: true,
  definition: 'Published accuracy and ASR of such a model, and how far ours lies from it.',
}
const widths: Readonly<Record<string, number>> = { health: 150, der: 78, defenses: 160, error: 260, note: 200 }
/** More records are not asked for: what is drawn of single models is not drawn of so many. */
const mostRecords = 200

/** Everything that Compare shows: the table's rows, the values behind its pictures, and what models are called. */
export function useCompare() {
  const engine = useEngineStore()
  const store = useCompareStore()
  const { query, columns: chosen, order, groupBy } = storeToRefs(store)
  const known = useTableColumns('models')
  /** Rows come first: what stands beside them is asked for when the first are there. */
  const begun = shallowRef(false)

  // Nothing is published about most data sets: no column of dashes.
  const { data: withPublished } = useTableValues('table.keys', () =>
    begun.value ? { of: 'models', query: `data:${publishedData}`, order: [], limit: 1 } : null,
  )
  const anyPublished = computed(() => (withPublished.value?.keys.length ?? 0) > 0)
  const rowColumns = computed<GridColumn[]>(() => [
    ...pinned.map((column) => ({ ...column, ...definitionOf(known.byId.value.get(column.id)) })),
    ...chosen.value.flatMap((id) => {
      if (id === published.id) return anyPublished.value ? [published] : []
      const column = known.byId.value.get(id)
      if (!column || pinnedIds.has(id)) return []
      return [{ ...column, width: widths[id] ?? (isNumeric(column.kind) ? 104 : 130) }]
    }),
  ])
  /** Of groups only what has a mean. */
  const columns = computed(() =>
    groupBy.value.length === 0
      ? rowColumns.value
      : rowColumns.value.flatMap((column, at) => {
          if (at === 0) return [{ ...column, width: groupedNameWidth }]
          return isNumeric(column.kind) ? [{ ...column, width: groupedWidth }] : []
        }),
  )
  /** What can be chosen: the pinned ones always are there. */
  const sections = computed(() =>
    known.sections.value.map(({ title, columns: all }) => ({
      title,
      columns: all.filter(({ id }) => !pinnedIds.has(id)),
    })),
  )
  const asked = computed(() => columns.value.filter(({ id }) => id !== published.id))
  const rows = useTableRows((): TableQuestion | null =>
    known.loaded.value
      ? {
          of: 'models',
          query: query.value,
          columns: asked.value.map(({ id }) => id),
          measures: asked.value.filter(({ kind }) => isNumeric(kind)).map(({ id }) => id),
          order: order.value,
          groupBy: groupBy.value,
        }
      : null,
  )
  const selection = useTableSelection(rows, storeToRefs(store).selected as Ref<ReadonlySet<string>>)
  watch(rows.loaded, (loaded) => (begun.value ||= loaded), { immediate: true })
  const { data: values } = useTableValues('table.values', () =>
    begun.value
      ? { of: 'models', query: query.value, columns: [...new Set([...planeColumns, ...groupBy.value])] }
      : null,
  )
  const conditions = useConditions(() => values.value)
  const details = useDetails(() => values.value?.keys ?? [])
  const labelOf = useValueLabels(known)
  return { engine, store, known, sections, columns, rows, selection, values, conditions, labelOf, ...details }
}

export type Compare = ReturnType<typeof useCompare>

const definitionOf = (column: { definition?: string } | undefined): { definition?: string } =>
  column?.definition === undefined ? {} : { definition: column.definition }

/** Records of those that are selected, or of all of a few, their twins included; and their names among each other. */
function useDetails(matching: () => readonly string[]) {
  const engine = useEngineStore()
  const store = useCompareStore()
  const wanted = computed(() => {
    if (store.selected.size > 0) return [...store.selected].slice(0, mostRecords)
    return matching().length <= mostDetailed ? matching() : []
  })
  const { data } = useTableValues('table.models', () => (wanted.value.length > 0 ? { keys: [...wanted.value] } : null))
  const records = computed<ReadonlyMap<string, ModelRecord>>(() => {
    const found = new Map((data.value ?? []).map((model) => [model.key, model]))
    return new Map(
      wanted.value.flatMap((key) => {
        const model = found.get(key)
        return model ? [[key, model] as const] : []
      }),
    )
  })
  const selectedRecords = computed(() => [...records.value.values()].filter(({ key }) => store.selected.has(key)))
  const names = computed<ReadonlyMap<string, string>>(() => engine.namesOf([...records.value.values()]))
  return { records, selectedRecords, names }
}

/** What people read in the place of a value of a column. */
function useValueLabels({ wordsOf }: TableColumns) {
  const engine = useEngineStore()
  return (column: string, value: string | null): string => {
    if (column === 'defenses') return value === null ? 'Teacher' : engine.shortDefenses(value)
    if (value === null || value === '') return 'none'
    if (column === 'model') return value === 'teacher' ? 'Teacher' : 'Student'
    return wordsOf(column, value)
  }
}
