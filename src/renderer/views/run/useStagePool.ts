import { computed, watch } from 'vue'
import type { ImageBatch, PoolCall } from '@shared/domain'
import { useEngineQuery } from '../../composables/useEngineQuery'
import { useFollowedChoice } from '../../composables/useFollowedChoice'
import { usePoolsStore } from '../../stores/pools'
import type { StageOfRun } from '../../stores/stageCache'

/**
 * The pool of one student: the account of its calls, the chosen call and its images. Follows the newest call until
 * another is chosen.
 * @param step of the stage: the account is asked for again when it moves
 */
export function useStagePool(stage: () => StageOfRun | null, step: () => number) {
  const store = usePoolsStore()
  const entry = computed(() => {
    const shown = stage()
    return shown === null ? null : store.open(shown)
  })
  const summary = computed(() => entry.value?.summary.value ?? null)
  const calls = computed<readonly PoolCall[]>(() => summary.value?.calls ?? [])
  function refresh(): void {
    const shown = stage()
    if (shown !== null) store.refresh(shown)
  }
  watch(step, refresh)
  // The stage may have moved since it was looked at last.
  if (entry.value && entry.value.state.value !== 'loading') refresh()

  const { position, following, choose } = useFollowedChoice(
    () => calls.value.map((entry) => entry.call),
    () => entry.value,
  )
  const call = computed<PoolCall | null>(() => calls.value[position.value] ?? null)
  const pictures = useEngineQuery(
    'runs.poolImages',
    () => {
      const shown = stage()
      return shown === null || !call.value?.onDisk ? null : { ...shown, call: call.value.call }
    },
    60,
  )
  const images = computed<ImageBatch | null>(() => (call.value?.onDisk ? pictures.data.value : null))
  const accountError = computed(() => entry.value?.error.value ?? null)
  return {
    summary,
    calls,
    position,
    call,
    images,
    choose,
    following,
    loading: computed(() => entry.value?.state.value === 'loading'),
    pending: pictures.pending,
    accountError,
    imagesError: pictures.error,
    retry: () => {
      if (accountError.value) refresh()
      else pictures.refresh()
    },
  }
}
export type StagePool = ReturnType<typeof useStagePool>
