import { onScopeDispose, shallowRef, watch } from 'vue'
import type { CallArgs, EvaluatedModel, ModelProgress } from '@shared/contract'
import { useConnection } from '../../api/connection'

/**
 * Accuracy and ASR of a weights file, when asked for. A result stands only for what was asked: it goes when file, data,
 * attack or target change.
 */
export function useFileEvaluation(args: () => CallArgs<'model.evaluate'>) {
  const { engine } = useConnection()
  const evaluation = shallowRef<EvaluatedModel | null>(null)
  const error = shallowRef<unknown>(null)
  /** When it began, in milliseconds; null while nothing runs. */
  const since = shallowRef<number | null>(null)
  const progress = shallowRef<ModelProgress | null>(null)
  let controller: AbortController | null = null
  const unsubscribe = engine.subscribe('model.progress', {}, (event) => {
    if (since.value !== null && event.file === args().file) progress.value = event
  })

  function clear(): void {
    controller?.abort()
    controller = since.value = evaluation.value = error.value = progress.value = null
  }
  async function evaluate(): Promise<void> {
    clear()
    const own = (controller = new AbortController())
    since.value = Date.now()
    try {
      const answer = await engine.call('model.evaluate', args(), own.signal)
      if (own.signal.aborted) return
      evaluation.value = answer
    } catch (failure) {
      if (own.signal.aborted) return
      error.value = failure
    }
    since.value = null
  }
  watch(() => JSON.stringify(args()), clear)
  onScopeDispose(() => {
    controller?.abort()
    unsubscribe()
  })
  return { evaluation, error, since, progress, evaluate, cancel: clear }
}
