import { defineStore } from 'pinia'
import { computed } from 'vue'
import type { CallArgs } from '@shared/contract'
import type { RunSummary } from '@shared/domain'
import { useConnection } from '../api/connection'
import { useListedRecords } from './listedRecords'
import { useNoticesStore } from './notices'

/** The records of all runs, kept current by the engine's events. */
export const useRunsStore = defineStore('runs', () => {
  const { engine } = useConnection()
  const { byId, loaded, loadError, load, keep } = useListedRecords(() => engine.call('runs.list', {}))

  /** Newest first, without the bin. */
  const runs = computed(() =>
    [...byId.values()].filter((run) => run.deletedAt === null).sort((a, b) => b.createdAt - a.createdAt),
  )
  const active = computed(() => runs.value.filter((run) => run.state === 'running' || run.state === 'queued'))

  engine.subscribe('run.changed', {}, ({ run }) => keep(run))
  engine.subscribe('run.removed', {}, ({ runId }) => byId.delete(runId))

  const start = async (args: CallArgs<'runs.start'>): Promise<RunSummary> => keep(await engine.call('runs.start', args))
  const control = async (verb: 'pause' | 'stop' | 'resume', runId: string): Promise<void> => {
    keep(await engine.call(`runs.${verb}`, { runId }))
  }
  const trainAgain = async (runId: string, stageId: string): Promise<void> => {
    keep(await engine.call('runs.trainAgain', { runId, stageId }))
  }
  const rename = async (runId: string, name: string): Promise<void> => {
    keep(await engine.call('runs.rename', { runId, name }))
  }
  const note = async (runId: string, text: string): Promise<RunSummary> =>
    keep(await engine.call('runs.note', { runId, note: text }))

  return {
    byId,
    runs,
    active,
    loaded,
    loadError,
    load,
    start,
    control,
    trainAgain,
    rename,
    note,
    keep,
    ...useBin(byId),
  }
})

/** Deleting, which can be undone until the bin is emptied. */
function useBin(byId: Map<string, RunSummary>) {
  const { engine } = useConnection()
  const notices = useNoticesStore()
  function mark(runIds: readonly string[], deletedAt: number | null): void {
    for (const id of runIds) {
      const run = byId.get(id)
      if (run) byId.set(id, { ...run, deletedAt })
    }
  }
  /** Moves runs to the bin; the notice offers to bring them back. Returns the ids of those that went. */
  async function remove(runIds: string[]): Promise<string[]> {
    const names = runIds.map((id) => byId.get(id)?.name ?? id)
    const { deleted } = await engine.call('runs.delete', { runIds })
    mark(deleted, Date.now())
    if (deleted.length === 0) return deleted
    notices.show({
      severity: 'info',
      seconds: 15,
      title: deleted.length === 1 ? `“${names[0]}” was deleted.` : `${deleted.length} runs were deleted.`,
      action: {
        label: 'Undo',
        run: () => void notices.attempt('The runs could not be brought back.', () => restore(deleted)),
      },
    })
    return deleted
  }
  async function restore(runIds: string[]): Promise<void> {
    const { restored } = await engine.call('runs.undelete', { runIds })
    mark(restored, null)
  }
  return { remove, restore }
}
