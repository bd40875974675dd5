import { shallowReactive, shallowRef } from 'vue'
import { useConnection } from '../api/connection'

/** Records of the engine by id: fetched whole, kept current by whoever hears of one, fetched again after a break. */
export function useListedRecords<Entry extends { readonly id: string }>(fetch: () => Promise<readonly Entry[]>) {
  const { onReopen } = useConnection()
  const byId = shallowReactive(new Map<string, Entry>())
  const loaded = shallowRef(false)
  const loadError = shallowRef<unknown>(null)
  let loading: Promise<void> | null = null

  const keep = (entry: Entry): Entry => {
    byId.set(entry.id, entry)
    return entry
  }
  async function fetchAll(): Promise<void> {
    try {
      const list = await fetch()
      const present = new Set(list.map(({ id }) => id))
      for (const id of byId.keys()) if (!present.has(id)) byId.delete(id)
      for (const entry of list) keep(entry)
      loadError.value = null
      loaded.value = true
    } catch (error) {
      loadError.value = error
    } finally {
      loading = null
    }
  }
  const load = (): Promise<void> => (loading ??= fetchAll())
  onReopen(() => void fetchAll())
  return { byId, loaded, loadError, load, keep }
}
