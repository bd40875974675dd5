import { onScopeDispose, shallowRef, watch } from 'vue'
import type { CallArgs, CallResult, EngineCallName } from '@shared/contract'
import { useConnection } from '../api/connection'
import { useNewestTask } from './useNewestTask'

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
  const task = useNewestTask()

  async function ask(asked: CallArgs<K>): Promise<void> {
    const outcome = await task.run((signal) => engine.call(name, asked, signal))
    if (outcome.kind === 'overtaken') return
    error.value = outcome.kind === 'failed' ? outcome.error : null
    if (outcome.kind === 'done') data.value = outcome.value
    pending.value = false
  }
  function refresh(wait = 0): void {
    const asked = args()
    clearTimeout(timer)
    if (asked === null) {
      // What was on its way answers a question that no longer stands.
      task.abort()
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
  onScopeDispose(() => clearTimeout(timer))
  return { data, error, pending, refresh: () => refresh() }
}
