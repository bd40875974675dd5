import { shallowRef } from 'vue'

/** Which images are selected, by key: also those that are out of sight, or that a filter has hidden since. */
export function useImageSelection() {
  const selected = shallowRef<ReadonlySet<number>>(new Set())
  function toggle(key: number): void {
    const next = new Set(selected.value)
    if (!next.delete(key)) next.add(key)
    selected.value = next
  }
  function add(keys: readonly number[]): void {
    selected.value = new Set([...selected.value, ...keys])
  }
  const only = (keys: readonly number[]): void => {
    selected.value = new Set(keys)
  }
  return { selected, toggle, add, only, clear: () => only([]) }
}
export type ImageSelection = ReturnType<typeof useImageSelection>
