import type { MenuItem } from 'primevue/menuitem'
import { computed, shallowRef } from 'vue'
import { useRouter } from 'vue-router'
import type { RunSummary } from '@shared/domain'
import { isActive, isResumable, useRunActions } from '../../composables/useRunActions'
import { useStudyFromRun } from '../../composables/useStudyFromRun'
import type { ManyRuns } from './useManyRuns'

/** What can be done with one run of the list. */
export function useRunMenu(many: ManyRuns, ask: (what: 'name' | 'note') => void) {
  const actions = useRunActions()
  const studyFromRun = useStudyFromRun()
  const router = useRouter()
  const run = shallowRef<RunSummary | null>(null)

  function itemsOf(now: RunSummary): MenuItem[] {
    const archived = (now.archivedAt ?? null) !== null
    const fixed = many.readOnly.value
    return [
      { label: 'Open', command: () => void router.push(`/runs/${now.id}`) },
      { separator: true },
      ...(isActive(now)
        ? [{ label: 'Pause', disabled: fixed, command: () => void actions.control('pause', now) }]
        : []),
      ...(isResumable(now)
        ? [{ label: 'Resume', disabled: fixed, command: () => void actions.control('resume', now) }]
        : []),
      { label: 'Set up a copy', command: () => void actions.clone(now) },
      { label: 'Study from this run', command: () => void studyFromRun(now) },
      { separator: true },
      { label: 'Rename…', disabled: fixed, command: () => ask('name') },
      { label: now.note ? 'Edit the note…' : 'Add a note…', disabled: fixed, command: () => ask('note') },
      {
        label: archived ? 'Bring back from the archive' : 'Archive',
        disabled: fixed,
        command: () => void many.edit([now.id], { archived: !archived }),
      },
      { label: 'Delete', disabled: fixed, command: () => void actions.remove([now]) },
    ]
  }
  const items = computed(() => (run.value ? itemsOf(run.value) : []))
  return { run, items, rename: actions.rename, note: actions.note }
}
