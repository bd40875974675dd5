import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { useImagesStore } from '../../stores/images'

/** The kept steps of one student, the chosen one and its images. Follows the newest step until another is chosen. */
export function useStageImages(runId: () => string, stageId: () => string | null) {
  const store = useImagesStore()
  const entry = computed(() => {
    const id = stageId()
    return id === null ? null : store.open(runId(), id)
  })
  const steps = computed(() => entry.value?.steps.value ?? [])
  const position = ref(0)
  const following = ref(true)
  const images = shallowRef<SyntheticImages | null>(null)
  const error = shallowRef<unknown>(null)
  const pending = ref(false)
  const attempts = ref(0)
  let controller: AbortController | null = null

  const step = computed(() => steps.value[Math.min(position.value, steps.value.length - 1)] ?? null)

  watch(entry, () => {
    following.value = true
    images.value = null
    error.value = null
  })
  watch(
    [steps, following],
    ([list], before) => {
      const before0 = before[0]
      if (following.value) position.value = Math.max(0, list.length - 1)
      else if (before0 && before0 !== list) {
        // Thinning removes steps; the chosen step (or the one after it) stays chosen.
        const chosen = before0[position.value]
        const found = list.findIndex((candidate) => chosen !== undefined && candidate >= chosen)
        position.value = found < 0 ? Math.max(0, list.length - 1) : found
      }
    },
    { immediate: true },
  )
  watch(
    [entry, step, attempts],
    async ([, wanted]) => {
      controller?.abort()
      const stage = stageId()
      if (wanted === null || stage === null) return
      const own = (controller = new AbortController())
      pending.value = true
      try {
        const answer = await store.fetch(runId(), stage, wanted, own.signal)
        if (own.signal.aborted) return
        images.value = answer
        error.value = null
      } catch (failure) {
        if (own.signal.aborted) return
        error.value = failure
        // The engine may have thinned the kept steps; a fresh list leads to one that is still there.
        store.retry(runId(), stage)
      }
      pending.value = false
    },
    { immediate: true },
  )
  onScopeDispose(() => controller?.abort())

  function choose(index: number): void {
    position.value = Math.min(steps.value.length - 1, Math.max(0, index))
    following.value = position.value === steps.value.length - 1
  }
  /** Asks again for what failed: the list of steps, else the images of the chosen step. */
  function retry(): void {
    const stage = stageId()
    if (listError.value && stage !== null) store.retry(runId(), stage)
    else attempts.value++
  }
  const loading = computed(() => entry.value?.state.value === 'loading')
  const listError = computed(() => (entry.value?.state.value === 'failed' ? entry.value.error.value : null))
  return { steps, step, position, following, images, error, pending, loading, listError, choose, retry }
}
