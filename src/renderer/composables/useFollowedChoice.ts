import { computed, ref, watch } from 'vue'

/**
 * One of a growing list of numbers: the newest, until another is chosen. A chosen one that is gone from the list leaves
 * its place to the one after it.
 * @param list ascending
 * @param subject what the list is of: with another one the choice begins anew
 */
export function useFollowedChoice(list: () => readonly number[], subject: () => unknown) {
  const chosen = ref<number | null>(null)
  watch(
    subject,
    () => {
      chosen.value = null
    },
    { flush: 'sync' },
  )
  const last = computed(() => Math.max(0, list().length - 1))
  const position = computed(() => {
    const wanted = chosen.value
    const found = wanted === null ? -1 : list().findIndex((candidate) => candidate >= wanted)
    return found < 0 ? last.value : found
  })
  const value = computed(() => list()[position.value] ?? null)
  const following = computed(() => chosen.value === null)
  function choose(index: number): void {
    const place = Math.min(last.value, Math.max(0, index))
    chosen.value = place === last.value ? null : (list()[place] ?? null)
  }
  return { position, value, following, choose }
}
