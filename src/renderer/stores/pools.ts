import { defineStore } from 'pinia'
import { shallowRef, type ShallowRef } from 'vue'
import type { PoolSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { createStageCache, type StageEntry } from './stageCache'

interface Pool {
  /** Null until it was read once. */
  summary: ShallowRef<PoolSummary | null>
}
export type StagePoolEntry = StageEntry<Pool>

/** The accounts of the pools that a view has opened; whoever looks at one refreshes it when its stage has moved. */
export const usePoolsStore = defineStore('pools', () => {
  const { engine } = useConnection()
  const { open, refresh } = createStageCache({
    create: (): Pool => ({ summary: shallowRef(null) }),
    ask: (stage) => engine.call('runs.pool', stage),
    take: ({ summary }, answer) => {
      summary.value = answer
    },
  })
  return { open, refresh }
})
