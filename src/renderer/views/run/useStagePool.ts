import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { ImageBatch, PoolCall } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useEngineQuery } from '../../composables/useEngineQuery'

/**
 * The pool of one student: the account of its calls, the chosen call and its images. Follows the newest call until
 * another is chosen.
 * @param step of the stage: the account is asked for again when it moves
 */
export function useStagePool(runId: () => string, stageId: () => string | null, step: () => number) {
  const { onReopen } = useConnection()
  const account = useEngineQuery('runs.pool', () => {
    const stage = stageId()
    return stage === null ? null : { runId: runId(), stageId: stage }
  })
  watch(step, () => account.refresh())
  onScopeDispose(onReopen(() => account.refresh()))

  /** Another student's account is not shown while this one's is on its way. */
  const shownOf = shallowRef<string | null>(null)
  watch(
    account.data,
    () => {
      shownOf.value = `${runId()}/${stageId()}`
    },
    { flush: 'sync' },
  )
  const summary = computed(() => (shownOf.value === `${runId()}/${stageId()}` ? account.data.value : null))
  const calls = computed<readonly PoolCall[]>(() => summary.value?.calls ?? [])

  const chosen = ref<number | null>(null)
  watch([runId, stageId], () => {
    chosen.value = null
  })
  /** The chosen call, or the newest before it where a resumed run has begun it anew. */
  const position = computed(() =>
    chosen.value === null
      ? calls.value.length - 1
      : calls.value.findLastIndex(({ call }) => call <= (chosen.value ?? 0)),
  )
  const call = computed<PoolCall | null>(() => calls.value[Math.max(0, position.value)] ?? null)
  function choose(index: number): void {
    const place = Math.min(calls.value.length - 1, Math.max(0, index))
    chosen.value = place === calls.value.length - 1 ? null : (calls.value[place]?.call ?? null)
  }

  const pictures = useEngineQuery(
    'runs.poolImages',
    () => {
      const stage = stageId()
      return stage === null || !call.value?.onDisk ? null : { runId: runId(), stageId: stage, call: call.value.call }
    },
    60,
  )
  const images = computed<ImageBatch | null>(() => (call.value?.onDisk ? pictures.data.value : null))
  return {
    summary,
    calls,
    position,
    call,
    images,
    choose,
    following: computed(() => chosen.value === null),
    loading: computed(() => account.pending.value && summary.value === null),
    pending: pictures.pending,
    accountError: account.error,
    imagesError: pictures.error,
    retry: () => {
      if (account.error.value) account.refresh()
      else pictures.refresh()
    },
  }
}
export type StagePool = ReturnType<typeof useStagePool>
