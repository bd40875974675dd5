import { defineStore } from 'pinia'
import { computed } from 'vue'
import { useConnection } from '../api/connection'
import { useListedRecords } from './listedRecords'

/** Every run there is, for views that still compute over all of them; asked for by the first that opens. */
export const useRunListStore = defineStore('runList', () => {
  const { engine } = useConnection()
  const { byId, load, keep } = useListedRecords(() => engine.call('runs.list', {}))
  engine.subscribe('run.changed', {}, ({ run }) => keep(run))
  engine.subscribe('run.removed', {}, ({ runId }) => byId.delete(runId))
  const runs = computed(() =>
    [...byId.values()].filter(({ deletedAt }) => deletedAt === null).sort((a, b) => b.createdAt - a.createdAt),
  )
  void load()
  return { runs }
})
