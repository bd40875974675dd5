import { computed, onScopeDispose } from 'vue'
import type { TableOrder } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useRunsStore } from '../stores/runs'
import { useCalmRenewal } from './useCalmRenewal'
import { useEngineQuery } from './useEngineQuery'

export interface RunRows {
  /** null asks nothing. */
  readonly query: () => string | null
  readonly limit: number
  /** The newest first where it is left out. */
  readonly order?: readonly TableOrder[]
}

/** The first runs that match a query, few of them, kept current: for short lists and fields. */
export function useRunRows({ query, limit, order = [] }: RunRows) {
  const { engine } = useConnection()
  const store = useRunsStore()
  const answer = useEngineQuery(
    'table.rows',
    () => {
      const asked = query()
      return asked === null ? null : { of: 'runs', query: asked, columns: [], order: [...order], offset: 0, limit }
    },
    120,
  )
  const renewal = useCalmRenewal({
    renew: () => {
      answer.refresh()
      return Promise.resolve()
    },
  })
  onScopeDispose(engine.subscribe('table.changed', {}, renewal.request))
  const runs = computed(() => {
    const page = answer.data.value
    if (page === null) return []
    const byId = new Map(page.runs.map((run) => [run.id, run]))
    return page.rows.flatMap(({ runId }) => store.byId.get(runId) ?? byId.get(runId) ?? [])
  })
  return {
    runs,
    pending: answer.pending,
    error: answer.error,
    matching: computed(() => answer.data.value?.matching ?? 0),
  }
}
