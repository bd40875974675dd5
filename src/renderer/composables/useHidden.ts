import { computed, ref } from 'vue'

/** Which entries of a legend are hidden. They stay listed; what is drawn of the others does not change. */
export function useHidden(keys: () => readonly string[]) {
  const chosen = ref<ReadonlySet<string>>(new Set())
  const hidden = computed<ReadonlySet<string>>(() => new Set(keys().filter((key) => chosen.value.has(key))))
  function toggle(key: string): void {
    // Also those that are not listed now, as the seeds behind a mean: they come back as they were.
    const next = new Set(chosen.value)
    if (!next.delete(key)) next.add(key)
    chosen.value = next
  }
  /** This one alone; again: all of them. */
  function only(key: string): void {
    const others = keys().filter((other) => other !== key)
    const alone = !hidden.value.has(key) && others.every((other) => hidden.value.has(other))
    chosen.value = new Set(alone ? [] : others)
  }
  return { hidden, toggle, only }
}
