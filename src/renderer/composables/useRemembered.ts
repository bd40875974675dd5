import { ref, watch, type Ref } from 'vue'

/**
 * A small preference of this window that stays over visits, under `name` in the page's storage.
 * @param isValid of what is read: another version may have written it
 */
export function useRemembered<T extends string | number | boolean>(
  name: string,
  initial: T,
  isValid: (value: unknown) => value is T,
): Ref<T> {
  const key = `abd.${name}`
  const value = ref(read()) as Ref<T>
  function read(): T {
    try {
      const stored: unknown = JSON.parse(localStorage.getItem(key) ?? 'null')
      return isValid(stored) ? stored : initial
    } catch {
      return initial
    }
  }
  watch(value, (now) => localStorage.setItem(key, JSON.stringify(now)))
  return value
}

export const isBoolean = (value: unknown): value is boolean => typeof value === 'boolean'
export const isBetween =
  (least: number, most: number) =>
  (value: unknown): value is number =>
    typeof value === 'number' && value >= least && value <= most
