import { computed } from 'vue'
import type { ExecutorDescription } from '@shared/domain'
import { useEngineQuery } from './useEngineQuery'

type ExecutorOption = Pick<ExecutorDescription, 'id' | 'title' | 'summary' | 'missing'>

/** The executors that a study can be sent to; one that a file names and nobody knows stays in sight. */
export function useExecutors(current: () => string) {
  const { data } = useEngineQuery('executors.list', () => ({}))
  const executors = computed<ExecutorOption[]>(() => {
    const known = data.value ?? []
    const id = current()
    return known.some((executor) => executor.id === id)
      ? known
      : [...known, { id, title: id, summary: '', missing: data.value ? 'This executor is not known.' : null }]
  })
  return { executors }
}
