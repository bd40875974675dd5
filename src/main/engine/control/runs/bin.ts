/** Deleted runs wait in a bin until it is emptied. */
import { rm } from 'node:fs/promises'
import type { RunSummary } from '../../../../shared/domain'
import { UserError } from '../../../../shared/errors'
import { letOthersWork } from '../../images/yielding'
import type { EventHub } from '../events'
import { folderBytes, type RunMarks, type RunStore } from '../store'
import { placeOf } from './demand'
import { tellAll } from './runTeller'
import type { RunRecorder } from './recorder'
import type { RunCalls } from './types'

export interface BinOptions {
  readonly store: RunStore
  /** All of them, or none. */
  mark(changes: ReadonlyMap<string, Partial<RunMarks>>): void
  readonly hub: EventHub
  readonly recorder: RunRecorder
}

export function binCalls({
  store,
  mark: write,
  hub,
  recorder,
}: BinOptions): Pick<RunCalls, 'runs.delete' | 'runs.undelete' | 'runs.emptyBin'> {
  /** Puts runs into the bin, or (null) takes them out. */
  const mark = async (runIds: readonly string[], deletedAt: number | null): Promise<string[]> => {
    await letOthersWork()
    const busy = deletedAt === null ? undefined : runIds.map((id) => store.runs.own(id)).find(isBusy)
    if (busy)
      throw new UserError(`"${busy.name}" is ${busy.state}; it cannot be deleted now.`, {
        where: busy.id,
        action: 'Stop it first.',
      })
    write(new Map(runIds.map((id) => [id, { deletedAt }])))
    await letOthersWork()
    void tellAll(recorder, runIds)
    return [...runIds]
  }
  const empty = async (): Promise<{ freedBytes: number }> => {
    let freedBytes = 0
    for (const runId of store.runs.ids()) {
      if (!store.runs.has(runId) || store.runs.own(runId).deletedAt === null) continue
      freedBytes += await removeRun(store, runId)
      hub.emit('run.removed', { runId })
    }
    return { freedBytes }
  }
  return {
    'runs.delete': async ({ runIds }) => ({ deleted: await mark(runIds, Date.now()) }),
    'runs.undelete': async ({ runIds }) => ({ restored: await mark(runIds, null) }),
    'runs.emptyBin': () => empty(),
  }
}

const isBusy = ({ state }: Pick<RunSummary, 'state'>): boolean => state === 'running' || state === 'queued'

/**
 * Removes a run, and of its stages those that nobody else names.
 * @returns the bytes that this freed
 */
async function removeRun(store: RunStore, runId: string): Promise<number> {
  const places = store.runs.peek(runId).stages.map(placeOf)
  store.runs.remove(runId)
  const free = places.filter((place) => store.runs.naming(place).length === 0)
  const kept = places.filter((place) => !free.includes(place))
  let freed = 0
  for (const place of free) {
    freed += await removeFolder(store.stageFolder(place))
    store.stages.remove(place)
  }
  // A stage of an earlier version lies in its run's folder, and may be another run's as well.
  const own = store.runFolder(runId)
  return kept.some((place) => store.stageFolder(place).startsWith(own)) ? freed : freed + (await removeFolder(own))
}

async function removeFolder(folder: string): Promise<number> {
  const bytes = await folderBytes(folder)
  // The end of a run may just be writing its mirror.
  await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 })
  return bytes
}
