import { onScopeDispose, ref, type Ref } from 'vue'

/** The time in milliseconds, renewed every so many seconds, for "3 min ago" and running clocks. */
export function useNow(seconds = 15): Ref<number> {
  const now = ref(Date.now())
  const timer = setInterval(() => {
    now.value = Date.now()
  }, seconds * 1000)
  onScopeDispose(() => clearInterval(timer))
  return now
}
