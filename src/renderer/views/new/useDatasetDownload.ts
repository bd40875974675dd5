import { computed, onScopeDispose, ref, shallowRef, watch } from 'vue'
import type { DownloadProgress } from '@shared/contract'
import type { DownloadedFile } from '@shared/domain'
import { useConnection } from '../../api/connection'
import { bytes } from '../../format/numbers'

/**
 * A data set's download from the form: progress, cancelling, what went wrong. Leaving the form cancels it; what came is
 * kept.
 */
export function useDatasetDownload(
  dataset: () => string,
  onDone: (params: Record<string, unknown>, files: readonly DownloadedFile[]) => void,
) {
  const { engine } = useConnection()
  const progress = shallowRef<DownloadProgress | null>(null)
  const error = shallowRef<unknown>(null)
  const controller = shallowRef<AbortController | null>(null)
  const mirror = ref('')
  const running = computed(() => controller.value !== null)

  const unsubscribe = engine.subscribe('dataset.progress', {}, (event) => {
    if (event.dataset === dataset() && running.value) progress.value = event
  })
  const cancel = (): void => controller.value?.abort()
  watch(dataset, () => {
    cancel()
    error.value = null
  })
  onScopeDispose(() => {
    unsubscribe()
    cancel()
  })

  async function start(folder: string): Promise<void> {
    if (running.value) return
    const own = new AbortController()
    controller.value = own
    error.value = null
    progress.value = null
    try {
      const wanted = {
        dataset: dataset(),
        ...(folder ? { folder } : {}),
        ...(mirror.value.trim() ? { mirror: mirror.value.trim() } : {}),
      }
      const { params, files } = await engine.call('dataset.download', wanted, own.signal)
      if (!own.signal.aborted) onDone(params, files)
    } catch (failure) {
      if (!own.signal.aborted) error.value = failure
    } finally {
      if (controller.value === own) controller.value = null
    }
  }

  /** Of the current file; null while unknown. */
  const fraction = computed(() => (progress.value?.total ? progress.value.received / progress.value.total : null))
  const line = computed(() => {
    const now = progress.value
    if (!now) return 'Asking the server…'
    const count = now.files > 1 ? `File ${now.filesDone + 1} of ${now.files}, ` : ''
    if (now.unit === 'files') return `${count}${now.step}: ${now.received} of ${now.total ?? '?'}`
    return `${count}${now.step}: ${bytes(now.received)}${now.total === null ? '' : ` of ${bytes(now.total)}`}`
  })
  return { running, progress, fraction, line, error, mirror, start, cancel }
}
