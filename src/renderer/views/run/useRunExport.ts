/** A run that is written in a form for other programs: which one, where to, how far it is, what went wrong. */
import { computed, onScopeDispose, ref, shallowRef } from 'vue'
import { runFormatsOf, type RunFormat, type RunSummary } from '@shared/domain'
import { ExhaustiveError, toCauses, type ErrorCause } from '@shared/errors'
import { useConnection } from '../../api/connection'
import { inFolder } from '../../format/paths'
import { useEngineStore } from '../../stores/engine'
import { useNoticesStore } from '../../stores/notices'

export interface ExportChoice {
  readonly format?: string
  readonly params?: Readonly<Record<string, unknown>>
}

export function useRunExport(run: RunSummary, first: ExportChoice, done: () => void) {
  const { engine, host } = useConnection()
  const { info, catalogue } = useEngineStore()
  const notices = useNoticesStore()
  const formats = runFormatsOf(catalogue?.families ?? [])
  const format = ref(formats.some(({ id }) => id === first.format) ? (first.format ?? '') : (formats[0]?.id ?? ''))
  const chosen = computed(() => formats.find(({ id }) => id === format.value))
  const params = shallowRef<Record<string, unknown>>({ ...first.params })
  const target = ref(chosen.value ? proposed(chosen.value) : '')
  const causes = shallowRef<ErrorCause[]>([])
  const progress = shallowRef<{ fraction: number; message: string } | null>(null)
  let controller: AbortController | null = null

  function proposed({ id, target: wanted }: RunFormat): string {
    const name = `${run.id}-${id}`
    switch (wanted.kind) {
      case 'address':
        return wanted.example
      case 'folder':
        return inFolder(info?.workspace ?? '', name)
      case 'file':
        return inFolder(info?.workspace ?? '', `${run.id}${wanted.extensions[0] ?? ''}`)
      default:
        throw new ExhaustiveError(wanted)
    }
  }
  function choose(next: string): void {
    format.value = next
    params.value = {}
    causes.value = []
    if (chosen.value) target.value = proposed(chosen.value)
  }
  const stop = engine.subscribe('run.exporting', { runId: run.id }, (told) => {
    if (progress.value !== null && told.format === format.value) progress.value = told
  })
  onScopeDispose(stop)

  async function write(): Promise<void> {
    causes.value = []
    progress.value = { fraction: 0, message: 'Beginning' }
    controller = new AbortController()
    const { signal } = controller
    try {
      const asked = { runId: run.id, format: format.value, params: params.value, target: target.value.trim() }
      tell(await engine.call('export.run', asked, signal))
      done()
    } catch (error) {
      if (!signal.aborted) causes.value = toCauses(error)
    } finally {
      progress.value = null
    }
  }
  function tell({ where, remarks }: { where: string; remarks: readonly string[] }): void {
    const isAddress = chosen.value?.target.kind === 'address'
    const open = isAddress
      ? { label: 'Open', run: () => void host.openExternal(where) }
      : { label: host.kind === 'window' ? 'Show' : 'Copy path', run: () => void host.revealPath(where) }
    notices.show({
      severity: remarks.length > 0 ? 'warning' : 'good',
      title: [`${chosen.value?.title ?? 'Export'} – written to ${where}`, ...remarks].join(' '),
      seconds: remarks.length > 0 ? 30 : 12,
      action: open,
    })
  }
  return {
    formats,
    format,
    chosen,
    params,
    target,
    causes,
    progress,
    choose,
    write,
    cancel: () => controller?.abort(),
  }
}
