import { defineStore } from 'pinia'
import { ref, shallowRef, watch } from 'vue'
import type { TableOrder } from '@shared/domain'

/** Until somebody chooses others. "results": accuracy and ASR of each student. */
export const usualRunColumns: readonly string[] = [
  'name',
  'results',
  'state',
  'attack',
  'seconds',
  'created',
  'data',
  'method',
  'tags',
]
const storageKey = 'abd.runColumns'

function readStored(): readonly string[] {
  try {
    const stored = JSON.parse(localStorage.getItem(storageKey) ?? 'null') as unknown
    const known = Array.isArray(stored) ? stored.filter((id) => typeof id === 'string') : []
    return known.length > 0 ? known : usualRunColumns
  } catch {
    return usualRunColumns
  }
}

/** What the list of runs shows: it outlives leaving it; the columns outlive the window. */
export const useRunTableStore = defineStore('runTable', () => {
  const query = ref('')
  const columns = shallowRef(readStored())
  const order = shallowRef<readonly TableOrder[]>([])
  const groupBy = shallowRef<readonly string[]>([])
  /** Ids of runs. */
  const selected = shallowRef<ReadonlySet<string>>(new Set())
  watch(columns, (now) => localStorage.setItem(storageKey, JSON.stringify(now)))
  return { query, columns, order, groupBy, selected }
})
