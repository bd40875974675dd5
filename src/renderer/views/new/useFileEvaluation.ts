import { onScopeDispose, shallowRef, watch } from 'vue'
import type { CallArgs, EvaluatedModel, ModelProgress } from '@shared/contract'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'

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
  const task = useNewestTask()
  onScopeDispose(
    engine.subscribe('model.progress', {}, (event) => {
      if (since.value !== null && event.file === args().file) progress.value = event
    }),
  )

  function clear(): void {
    task.abort()
    since.value = evaluation.value = error.value = progress.value = null
  }
  async function evaluate(): Promise<void> {
    clear()
    since.value = Date.now()
    const outcome = await task.run((signal) => engine.call('model.evaluate', args(), signal))
    if (outcome.kind === 'overtaken') return
    if (outcome.kind === 'done') evaluation.value = outcome.value
    else error.value = outcome.error
    since.value = null
  }
  watch(() => JSON.stringify(args()), clear)
  return { evaluation, error, since, progress, evaluate, cancel: clear }
}
