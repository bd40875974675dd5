import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { SavedView, TableOrder } from '@shared/domain'

/** What stands beside the table of models. */
export const compareViews = [
  { id: 'models', title: 'Models' },
  { id: 'seeds', title: 'Over seeds' },
  { id: 'parameters', title: 'Parameters' },
  { id: 'table', title: 'Pivot' },
] as const
export type CompareViewId = (typeof compareViews)[number]['id']

/** Columns that are shown at first; the model, its ASR and its accuracy are always. */
export const firstCompareColumns: readonly string[] = [
  'der',
  'health',
  'attack',
  'poisoning.ratio',
  'method',
  'data',
  'seed',
  'published',
  'seconds',
  'created',
]

const storageKey = 'abd.compareTable'

interface Kept {
  readonly columns: readonly string[]
  readonly order: readonly TableOrder[]
}
const first: Kept = { columns: firstCompareColumns, order: [] }

function readKept(): Kept {
  try {
    const kept = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as Partial<Kept> | null
    return { columns: kept?.columns ?? first.columns, order: kept?.order ?? first.order }
  } catch {
    return first
  }
}

/** What the compare view shows: query, columns, order, groups and selection outlive leaving it. */
export const useCompareStore = defineStore('compare', () => {
  const kept = readKept()
  const query = ref('')
  const view = ref<CompareViewId>('models')
  const columns = ref<readonly string[]>(kept.columns)
  const order = ref<readonly TableOrder[]>(kept.order)
  const groupBy = ref<readonly string[]>([])
  /** Keys of models. */
  const selected = shallowRef<ReadonlySet<string>>(new Set())
  /** Numbers of conditions that the plane leaves out. */
  const hidden = shallowRef<ReadonlySet<number>>(new Set())
  watch([columns, order], () =>
    localStorage.setItem(storageKey, JSON.stringify({ columns: columns.value, order: order.value })),
  )

  function toggle(keys: readonly string[]): void {
    const next = new Set(selected.value)
    const all = keys.every((key) => next.has(key))
    for (const key of keys) {
      if (all) next.delete(key)
      else next.add(key)
    }
    selected.value = next
  }
  function toggleCondition(number: number): void {
    const next = new Set(hidden.value)
    if (!next.delete(number)) next.add(number)
    hidden.value = next
  }
  /** Shows what was saved under a name. */
  function use(saved: SavedView): void {
    query.value = saved.query
    columns.value = saved.columns
    order.value = saved.order
    groupBy.value = saved.groupBy
  }
  return { use, query, view, columns, order, groupBy, selected, hidden, toggle, toggleCondition }
})
