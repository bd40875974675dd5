import { computed, ref, shallowRef, watch } from 'vue'
import type { SyntheticImages } from '@shared/domain'
import { useFollowedChoice } from '../../composables/useFollowedChoice'
import { useNewestTask } from '../../composables/useNewestTask'
import { useImagesStore } from '../../stores/images'
import type { StageOfRun } from '../../stores/stageCache'

/** The kept steps of one student, the chosen one and its images. Follows the newest step until another is chosen. */
export function useStageImages(stage: () => StageOfRun | null) {
  const store = useImagesStore()
  const entry = computed(() => {
    const shown = stage()
    return shown === null ? null : store.open(shown)
  })
  const steps = computed(() => entry.value?.steps.value ?? [])
  const {
    position,
    value: step,
    following,
    choose,
  } = useFollowedChoice(
    () => steps.value,
    () => entry.value,
  )

  const images = shallowRef<SyntheticImages | null>(null)
  const error = shallowRef<unknown>(null)
  const pending = ref(false)
  const task = useNewestTask()
  watch(entry, () => {
    images.value = null
    error.value = null
  })
  async function fetch(): Promise<void> {
    const [shown, wanted] = [stage(), step.value]
    task.abort()
    pending.value = wanted !== null && shown !== null
    if (wanted === null || shown === null) return
    const outcome = await task.run((signal) => store.fetch(shown, wanted, signal))
    if (outcome.kind === 'overtaken') return
    pending.value = false
    error.value = outcome.kind === 'failed' ? outcome.error : null
    if (outcome.kind === 'done') {
      images.value = outcome.value
      store.prefetch(shown, neighbours())
    }
    // The engine may have thinned the kept steps; a fresh list leads to one that is still there.
    else store.refresh(shown)
  }
  /** Two kept steps on in the direction of the last move, and one back. */
  function neighbours(): number[] {
    const { value: now } = position
    if (now !== lastPosition) direction = now < lastPosition ? -1 : 1
    lastPosition = now
    return [now + direction, now + 2 * direction, now - direction].flatMap((place) => steps.value[place] ?? [])
  }
  let lastPosition = 0
  let direction: 1 | -1 = -1
  watch([entry, step, () => entry.value?.remade.value], fetch, { immediate: true })

  /** Asks again for what failed: the list of steps, else the images of the chosen step. */
  function retry(): void {
    const shown = stage()
    if (listError.value && shown !== null) store.refresh(shown)
    else void fetch()
  }
  const loading = computed(() => entry.value?.state.value === 'loading')
  const listError = computed(() => (entry.value?.state.value === 'failed' ? entry.value.error.value : null))
  return { steps, step, position, following, images, error, pending, loading, listError, choose, retry }
}
