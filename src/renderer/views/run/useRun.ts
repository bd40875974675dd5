import { computed, onScopeDispose, shallowRef, watch } from 'vue'
import type { RunDetail, RunSummary, StageRecord } from '@shared/domain'
import { UserError } from '@shared/errors'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useRunsStore } from '../../stores/runs'
import { runProgress } from '../../format/runProgress'

/** A run by id: its live record from the store, its configuration asked for once and again after a lost connection. */
export function useRun(runId: () => string) {
  const { engine, onReopen } = useConnection()
  const store = useRunsStore()
  const detail = shallowRef<RunDetail | null>(null)
  const error = shallowRef<unknown>(null)

  async function read(): Promise<void> {
    const id = runId()
    error.value = null
    try {
      const answer = await engine.call('runs.get', { runId: id })
      if (runId() !== id) return
      detail.value = answer
      const { config: _config, changedPaths: _changedPaths, ...summary } = answer
      store.keep(summary)
    } catch (failure) {
      if (runId() === id) error.value = failure
    }
  }
  let release = (): void => undefined
  onScopeDispose(() => release())
  watch(
    runId,
    (id) => {
      release()
      release = store.hold(id)
      detail.value = null
      void read()
    },
    { immediate: true },
  )
  onScopeDispose(onReopen(() => void read()))
  onScopeDispose(
    engine.subscribe('run.removed', {}, (event) => {
      if (event.runId !== runId()) return
      detail.value = null
      error.value = new UserError('This run was removed for good.', {
        got: event.runId,
        action: 'Choose another run from the list.',
      })
    }),
  )

  const run = computed<RunSummary | null>(() => store.byId.get(runId()) ?? detail.value)
  const students = computed<StageRecord[]>(() => run.value?.stages.filter((stage) => stage.kind === 'student') ?? [])
  const teacher = computed<StageRecord | undefined>(() => run.value?.stages.find((stage) => stage.kind === 'teacher'))
  const estimate = useEngineQuery('experiment.estimate', () =>
    detail.value && run.value?.state !== 'done' ? { config: detail.value.config } : null,
  )
  const estimated = computed(() => estimate.data.value?.stages ?? {})
  const progress = computed(() =>
    run.value ? runProgress(run.value, estimated.value) : { fraction: 0, secondsLeft: null },
  )
  return { run, detail, error, read, students, teacher, estimated, progress }
}
