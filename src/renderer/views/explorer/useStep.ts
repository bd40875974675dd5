import { computed, ref, type Ref } from 'vue'
import { useFollowedChoice } from '../../composables/useFollowedChoice'
import type { Lane } from './useLanes'

/** One step for all lanes: every step or call that any of them has kept. Follows the newest until another is chosen. */
export function useStep(lanes: Readonly<Ref<readonly Lane[]>>, subject: () => unknown) {
  const steps = computed(() =>
    [...new Set(lanes.value.flatMap(({ table }) => table.spans.map(({ at }) => at)))].sort(
      (left, right) => left - right,
    ),
  )
  const choice = useFollowedChoice(() => steps.value, subject)
  /** The way of the last move, in which the next one is likely to go. */
  const direction = ref<1 | -1>(-1)
  function choose(position: number): void {
    direction.value = position < choice.position.value ? -1 : 1
    choice.choose(position)
  }
  /** The step that was kept last before a number, or at it; the first where it lies before all. */
  function chooseAt(step: number): void {
    const after = steps.value.findIndex((kept) => kept > step)
    choose(Math.max(0, (after < 0 ? steps.value.length : after) - 1))
  }
  return {
    steps,
    position: choice.position,
    step: choice.value,
    following: choice.following,
    direction,
    choose,
    chooseAt,
  }
}
