import { shallowReactive } from 'vue'
import { useConnection } from '../api/connection'
import { createLoading } from './loading'

/** Records of the engine by id: fetched whole, kept current by whoever hears of one, fetched again after a break. */
export function useListedRecords<Entry extends { readonly id: string }>(fetch: () => Promise<readonly Entry[]>) {
  const { onReopen } = useConnection()
  const byId = shallowReactive(new Map<string, Entry>())

  const keep = (entry: Entry): Entry => {
    byId.set(entry.id, entry)
    return entry
  }
  const { loaded, loadError, load, reload } = createLoading(async () => {
    const list = await fetch()
    const present = new Set(list.map(({ id }) => id))
    for (const id of byId.keys()) if (!present.has(id)) byId.delete(id)
    for (const entry of list) keep(entry)
  })
  onReopen(() => void reload())
  return { byId, loaded, loadError, load, keep }
}
