import { computed, shallowRef, watch } from 'vue'
import type { RunDetail, StageRecord } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useRunsStore } from '../../stores/runs'

/** A run by id: its live record from the store, its configuration asked for once. */
export function useRun(runId: () => string) {
  const { engine } = useConnection()
  const store = useRunsStore()
  const detail = shallowRef<RunDetail | null>(null)
  const error = shallowRef<unknown>(null)

  watch(runId, async (id) => {
    detail.value = null
    error.value = null
    try {
      const answer = await engine.call('runs.get', { runId: id })
      if (runId() === id) detail.value = answer
    } catch (failure) {
      error.value = failure
    }
  }, { immediate: true })

  const run = computed(() => store.byId.get(runId()) ?? detail.value)
  const students = computed<StageRecord[]>(() => run.value?.stages.filter((stage) => stage.kind === 'student') ?? [])
  const teacher = computed<StageRecord | undefined>(() => run.value?.stages.find((stage) => stage.kind === 'teacher'))
  return { run, detail, error, students, teacher }
}
