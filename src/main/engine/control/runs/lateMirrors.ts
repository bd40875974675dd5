/**
 * The copies of runs beside their files, where thousands change at once: written one after the other, beside other
 * work. The database remembers that they are behind, so that a kill leaves none behind for good.
 */
import { existsSync } from 'node:fs'
import { letOthersWork } from '../../images/yielding'
import type { EngineLog } from '../log'
import type { RunMarks, RunStore } from '../store'

/** How long an engine that ends goes on with them; the next one does the rest. */
const lastMilliseconds = 1000

export interface LateMirrors {
  /** Marks runs, all or none; their copies follow. */
  mark(changes: ReadonlyMap<string, Partial<RunMarks>>): void
  /** Resolves when no copy is being written any more; none is from then on. */
  close(): Promise<void>
}

export function createLateMirrors(
  store: Pick<RunStore, 'runs' | 'mirror' | 'runFolder' | 'lacks' | 'has' | 'nowLacks' | 'transaction'>,
  { log, readOnly }: { readonly log: Pick<EngineLog, 'error'>; readonly readOnly: boolean },
): LateMirrors {
  const behind = new Set<string>()
  let until = Infinity
  let working: Promise<void> | null = null

  async function write(): Promise<void> {
    await letOthersWork()
    try {
      if (await wroteAll()) store.has('newest mirrors')
    } catch (error) {
      log.error('Copies of runs could not be brought up to date.', error)
    } finally {
      working = null
    }
  }
  async function wroteAll(): Promise<boolean> {
    let all = true
    for (const id of behind) {
      if (performance.now() > until) return false
      behind.delete(id)
      // Of a run that has not begun there is no copy; one that is gone has none any more.
      if (store.runs.has(id) && existsSync(store.runFolder(id))) all = (await tryToWrite(id)) && all
    }
    return all
  }
  async function tryToWrite(id: string): Promise<boolean> {
    try {
      await store.mirror(id)
    } catch (error) {
      if (store.runs.has(id) && existsSync(store.runFolder(id))) {
        log.error('A run could not be written beside its files.', error)
        return false
      }
    }
    return true
  }
  function follow(ids: Iterable<string>): void {
    for (const id of ids) behind.add(id)
    working ??= write()
  }

  if (!readOnly && store.lacks('newest mirrors')) follow(store.runs.ids())
  return {
    mark(changes) {
      store.transaction(() => {
        store.nowLacks('newest mirrors')
        // Last: the memory holds what it has written.
        store.runs.mark(changes)
      })
      follow(changes.keys())
    },
    async close() {
      until = performance.now() + lastMilliseconds
      await working
    },
  }
}
