import { onScopeDispose, shallowRef, watch } from 'vue'
import type { CallArgs, CallResult, EngineCallName } from '@shared/contract'
import { useConnection } from '../api/connection'

/**
 * Asks the engine again, debounced, whenever the arguments change; an answer that was overtaken is dropped.
 * `args` returning null asks nothing. The last good answer stays while a new one is on its way.
 */
export function useEngineQuery<K extends EngineCallName>(name: K, args: () => CallArgs<K> | null, delay = 250) {
  const { engine } = useConnection()
  const data = shallowRef<CallResult<K> | null>(null)
  const error = shallowRef<unknown>(null)
  const pending = shallowRef(false)
  let timer: ReturnType<typeof setTimeout> | undefined
  let controller: AbortController | null = null

  async function ask(asked: CallArgs<K>): Promise<void> {
    controller?.abort()
    const own = (controller = new AbortController())
    try {
      const answer = await engine.call(name, asked, own.signal)
      if (own.signal.aborted) return
      data.value = answer
      error.value = null
    } catch (failure) {
      if (own.signal.aborted) return
      error.value = failure
    }
    pending.value = false
  }
  function refresh(wait = 0): void {
    const asked = args()
    clearTimeout(timer)
    if (asked === null) {
      // What was on its way answers a question that no longer stands.
      controller?.abort()
      pending.value = false
      return
    }
    pending.value = true
    timer = setTimeout(() => void ask(asked), wait)
  }
  // Arguments are compared as text: a deep watch would fire on copies that say the same.
  watch(
    () => JSON.stringify(args()),
    (_now, before) => refresh(before === undefined ? 0 : delay),
    { immediate: true },
  )
  onScopeDispose(() => {
    clearTimeout(timer)
    controller?.abort()
  })
  return { data, error, pending, refresh: () => refresh() }
}
