/**
 * The copies of runs beside their files, where nobody waits for them or thousands change at once: written one after the
 * other, beside other work; those that a kill or a full disk left behind, when the next engine starts.
 */
import { letOthersWork } from '../../images/yielding'
import type { EngineLog } from '../log'
import type { RunMarks, RunStore } from '../store'

/** How long an engine that ends goes on with them; the next one does the rest. */
const lastMilliseconds = 1000

/** Milliseconds after which a copy that could not be written is tried again. */
const again = 30_000

export interface LateMirrors {
  /** Marks runs, all or none; their copies follow. */
  mark(changes: ReadonlyMap<string, Partial<RunMarks>>): void
  /** Brings these runs' copies up to date. */
  follow(runIds: Iterable<string>): void
  /** Resolves when no copy is being written any more; none is from then on. */
  close(): Promise<void>
}

export function createLateMirrors(
  store: Pick<RunStore, 'runs' | 'mirror' | 'behindMirrors'>,
  { log }: { readonly log: Pick<EngineLog, 'error'> },
): LateMirrors {
  const behind = new Set<string>()
  let until = Infinity
  let working: Promise<void> | null = null
  let retry: NodeJS.Timeout | undefined

  async function writeAll(): Promise<void> {
    await letOthersWork()
    for (const id of behind) {
      if (performance.now() > until) break
      behind.delete(id)
      if (store.runs.has(id)) await tryToWrite(id)
    }
    working = null
  }
  async function tryToWrite(id: string): Promise<void> {
    try {
      await store.mirror(id)
    } catch (error) {
      if (!store.runs.has(id)) return
      log.error('A run could not be written beside its files.', error)
      waitForRetry()
    }
  }
  function waitForRetry(): void {
    if (until < Infinity) return
    retry ??= setTimeout(() => {
      retry = undefined
      try {
        follow(store.behindMirrors())
      } catch (error) {
        // A database that cannot be read just now, neither.
        log.error('Which runs are to be written beside their files could not be read.', error)
        waitForRetry()
      }
    }, again).unref()
  }
  function follow(ids: Iterable<string>): void {
    for (const id of ids) behind.add(id)
    if (behind.size > 0) working ??= writeAll()
  }

  return {
    mark(changes) {
      store.runs.mark(changes)
      follow(changes.keys())
    },
    follow,
    async close() {
      clearTimeout(retry)
      until = performance.now() + lastMilliseconds
      await working
    },
  }
}
