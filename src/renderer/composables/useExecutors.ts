import { computed } from 'vue'

export interface ExecutorOption {
  readonly id: string
  readonly title: string
  readonly summary: string
}

/** The executors that a study can be sent to. */
export function useExecutors(current: () => string) {
  const executors = computed<ExecutorOption[]>(() => [{ id: current(), title: current(), summary: '' }])
  return { executors }
}
