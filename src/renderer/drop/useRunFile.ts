/** A run's file that was opened: what it needs here, and doing it again. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import type { RunFileSummary } from '@shared/domain'
import { toCauses, type ErrorCause } from '@shared/errors'
import { useConnection } from '../api/connection'
import { useNoticesStore } from '../stores/notices'

export function useRunFile(path: string, summary: RunFileSummary, done: () => void) {
  const { engine } = useConnection()
  const notices = useNoticesStore()
  const router = useRouter()
  /** Where the data set lies; empty: where it lay. */
  const data = ref('')
  /** Files that did not come along, by the parameter that names them; empty: where they lay. */
  const files = ref<Record<string, string>>({})
  const causes = shallowRef<ErrorCause[]>([])
  const progress = shallowRef<{ fraction: number; message: string } | null>(null)
  /** What the engine has found to be other than the run's, by the names that accept it. */
  const differing = computed(() => {
    const [cause] = causes.value
    const names = cause?.action?.includes('--accept') ? (cause.where ?? '').split(', ') : []
    return names.filter((name) => name !== '')
  })
  const needed = summary.files.filter(({ included }) => !included)
  let controller: AbortController | null = null
  const stop = engine.subscribe('reproduce.progress', {}, (told) => {
    if (progress.value !== null && told.file === path) progress.value = told
  })
  onScopeDispose(() => {
    stop()
    controller?.abort()
  })

  async function changes(signal: AbortSignal): Promise<Record<string, unknown>> {
    const given = Object.entries(files.value).filter(([, file]) => file.trim() !== '')
    const found =
      data.value.trim() === '' ? null : await engine.call('dataset.recognize', { path: data.value.trim() }, signal)
    return {
      ...(found ? { data: found } : {}),
      ...Object.fromEntries(given.map(([name, file]) => [name, file.trim()])),
    }
  }
  /** @param accept names of what is taken although it differs */
  async function runAgain(accept: readonly string[] = []): Promise<void> {
    causes.value = []
    progress.value = { fraction: 0, message: 'Reading the file' }
    controller = new AbortController()
    const { signal } = controller
    try {
      const asked = { file: path, changes: await changes(signal), accept: [...accept] }
      const run = await engine.call('reproduce.start', asked, signal)
      notices.show({ severity: 'good', title: `“${run.name}” is queued.`, seconds: 8 })
      done()
      await router.push(`/runs/${run.id}`)
    } catch (error) {
      if (!signal.aborted) causes.value = toCauses(error)
    } finally {
      progress.value = null
    }
  }
  return { data, files, needed, causes, differing, progress, runAgain, cancel: () => controller?.abort() }
}
