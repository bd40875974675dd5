/** Deleted runs wait in a bin until it is emptied. */
import { rm } from 'node:fs/promises'
import { UserError } from '../../../../shared/errors'
import type { EventHub } from '../events'
import { folderBytes, type RunStore } from '../store'
import type { RunRecorder } from './recorder'
import type { RunCalls } from './types'

export interface BinOptions {
  readonly store: RunStore
  readonly hub: EventHub
  readonly recorder: RunRecorder
}

export function binCalls({
  store,
  hub,
  recorder,
}: BinOptions): Pick<RunCalls, 'runs.delete' | 'runs.undelete' | 'runs.emptyBin'> {
  /** Puts runs into the bin, or (null) takes them out. */
  const mark = (runIds: readonly string[], deletedAt: number | null): string[] => {
    const runs = runIds.map((id) => store.runs.summary(id))
    const busy = runs.find((run) => deletedAt !== null && (run.state === 'running' || run.state === 'queued'))
    if (busy)
      throw new UserError(`"${busy.name}" is ${busy.state}; it cannot be deleted now.`, {
        where: busy.id,
        action: 'Stop it first.',
      })
    for (const { id } of runs) {
      store.runs.update(id, { deletedAt })
      recorder.tell(id)
    }
    return runs.map((run) => run.id)
  }
  const empty = async (): Promise<{ freedBytes: number }> => {
    let freedBytes = 0
    for (const run of store.runs.list(true)) {
      if (run.deletedAt === null) continue
      freedBytes += await folderBytes(store.runFolder(run.id))
      await rm(store.runFolder(run.id), { recursive: true, force: true })
      store.runs.remove(run.id)
      hub.emit('run.removed', { runId: run.id })
    }
    return { freedBytes }
  }
  return {
    'runs.delete': ({ runIds }) => ({ deleted: mark(runIds, Date.now()) }),
    'runs.undelete': ({ runIds }) => ({ restored: mark(runIds, null) }),
    'runs.emptyBin': () => empty(),
  }
}
