import { computed, watch } from 'vue'
import { useRouter } from 'vue-router'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { runProgress } from '../format/runProgress'
import { useRunsStore } from '../stores/runs'

const product = 'ABD Workbench'
const stateWord = (state: RunSummary['state']): string => state.charAt(0).toUpperCase() + state.slice(1)

/** "62 % · Quick look · ABD Workbench"; of a run that does not train its state. */
export function titleOf(run: RunSummary | undefined): string {
  if (!run) return product
  const done = run.state === 'running' ? `${Math.floor(runProgress(run).fraction * 100)} %` : stateWord(run.state)
  return [done, run.name, product].join(' · ')
}

/**
 * The window’s title and its progress in the taskbar: of the run whose page is open, else of what trains. A taskbar
 * shows only what is under way.
 */
export function useWindowTitle(): void {
  const { host } = useConnection()
  const runs = useRunsStore()
  const router = useRouter()
  const training = computed(() => runs.active.find(({ state }) => state === 'running'))
  const shown = computed(() => {
    const { runId } = router.currentRoute.value.params
    return (typeof runId === 'string' ? runs.byId.get(runId) : undefined) ?? training.value
  })
  watch(
    () => titleOf(shown.value),
    (title) => {
      document.title = title
    },
    { immediate: true },
  )
  watch(
    () => (training.value ? Math.floor(runProgress(training.value).fraction * 100) / 100 : null),
    (fraction) => void host.setProgress(fraction).catch(() => undefined),
  )
}
