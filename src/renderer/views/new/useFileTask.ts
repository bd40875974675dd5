import { onScopeDispose, shallowRef, watch } from 'vue'
import type { CallArgs, CallResult, ModelProgress } from '@shared/contract'
import type { ExperimentConfig } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { useNewestTask } from '../../composables/useNewestTask'

type FileCall = 'model.evaluate' | 'model.findPixels'

/**
 * Work on a weights file, when asked for: what it scores, or which pixel values it takes. A result stands only for what
 * was asked: it goes when file, data or anything else of the question changes.
 */
export function useFileTask<N extends FileCall>(name: N, args: () => CallArgs<N>) {
  const { engine } = useConnection()
  const result = shallowRef<CallResult<N> | null>(null)
  const error = shallowRef<unknown>(null)
  /** When it began, by the page's own clock; null while nothing runs. */
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
    since.value = result.value = error.value = progress.value = null
  }
  async function start(): Promise<void> {
    clear()
    since.value = performance.now()
    const outcome = await task.run((signal) => engine.call(name, args(), signal))
    if (outcome.kind === 'overtaken') return
    if (outcome.kind === 'done') result.value = outcome.value
    else error.value = outcome.error
    since.value = null
  }
  watch(() => JSON.stringify(args()), clear)
  return { result, error, since, progress, start, cancel: clear }
}

export interface AskedFile {
  readonly config: ExperimentConfig
  readonly file: string
  /** Names and shapes leave open which network it is: the form's counts. */
  readonly asksForNetwork: boolean
}

/** The file, the data and the device as the engine is asked about them. */
export function subjectOf({ config, file, asksForNetwork }: AskedFile): CallArgs<'model.findPixels'> {
  const {
    data,
    execution: { device },
    teacher: { architecture, weights },
  } = config
  return {
    file,
    data,
    device: device as 'auto' | 'cpu' | 'gpu',
    ...(weights ? { weights } : {}),
    ...(asksForNetwork ? { architecture } : {}),
  }
}
