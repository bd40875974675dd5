import { defineStore } from 'pinia'
import { ref, watch } from 'vue'

export const compareColumns = [
  { id: 'kind', title: 'Model' },
  { id: 'accuracy', title: 'Accuracy' },
  { id: 'asr', title: 'ASR' },
  { id: 'der', title: 'DER' },
  { id: 'seed', title: 'Seed' },
  { id: 'published', title: 'Published' },
  { id: 'robustAccuracy', title: 'Robust accuracy' },
  { id: 'rir', title: 'RIR' },
  { id: 'attack', title: 'Attack' },
  { id: 'method', title: 'Method' },
  { id: 'defense', title: 'Defense' },
  { id: 'data', title: 'Data' },
  { id: 'state', title: 'State' },
  { id: 'seconds', title: 'Time' },
  { id: 'createdAt', title: 'Created' },
] as const
export type CompareColumn = (typeof compareColumns)[number]['id']

/** One line a model, or means over seeds in rows and columns. */
export const compareViews = [
  { id: 'models', title: 'Models' },
  { id: 'table', title: 'Pivot' },
] as const
export type CompareViewId = (typeof compareViews)[number]['id']

/** Fractions of 1 with a definition of their own. */
export const measureColumns = ['accuracy', 'asr', 'robustAccuracy', 'der', 'rir'] as const
export type MeasureColumn = (typeof measureColumns)[number]
export const isMeasureColumn = (id: CompareColumn): id is MeasureColumn =>
  (measureColumns as readonly string[]).includes(id)

const storageKey = 'abd.compareColumns'
const initial: CompareColumn[] = ['kind', 'accuracy', 'asr', 'der', 'published', 'attack', 'method', 'seed', 'seconds']

function readStored(): CompareColumn[] {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as unknown
    const known = Array.isArray(stored)
      ? compareColumns.map((column) => column.id).filter((id) => stored.includes(id))
      : []
    return known.length > 0 ? known : initial
  } catch {
    return initial
  }
}

/** What the compare view shows: filter, columns and selection outlive leaving it. */
export const useCompareStore = defineStore('compare', () => {
  const filter = ref('')
  const view = ref<CompareViewId>('models')
  const columns = ref<CompareColumn[]>(readStored())
  /** Keys of models, see charts/planeOption. */
  const selected = ref<Set<string>>(new Set())
  watch(columns, (now) => localStorage.setItem(storageKey, JSON.stringify(now)))

  function toggle(key: string): void {
    const next = new Set(selected.value)
    if (!next.delete(key)) next.add(key)
    selected.value = next
  }
  return { filter, view, columns, selected, toggle }
})
