/** Writing to the store while runs go on: a disk that does not take it ends no engine. */
import { storageFaultBehind, toCauses } from '../../../../shared/errors'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'

export interface StoreWrites {
  /**
   * The memory keeps the truth when the disk does not take it; what could not be written is told once.
   * @param again how it is written later, by `retry`; a newer one of the same name takes its place
   */
  quietly(work: () => void, again?: { readonly name: string; readonly work: () => void }): void
  /** Tries what could not be written. */
  retry(): void
  /** Called when the disk is full. */
  onDiskFull(listener: (error: unknown) => void): void
}

export function createStoreWrites(hub: EventHub, log: EngineLog): StoreWrites {
  const unwritten = new Map<string, () => void>()
  /** Told once, and tried again with the next. */
  let failing = false
  let diskFull: (error: unknown) => void = () => undefined
  const quietly: StoreWrites['quietly'] = (work, again) => {
    try {
      work()
      if (again) unwritten.delete(again.name)
      if (unwritten.size === 0) failing = false
    } catch (error) {
      if (again) unwritten.set(again.name, again.work)
      if (storageFaultBehind(error, 'full', 'quota')) diskFull(error)
      if (failing) return
      failing = true
      const title = 'The workspace could not be written.'
      log.error(title, error)
      hub.emit('engine.notice', { severity: 'error', title, causes: toCauses(error), runId: null })
    }
  }
  return {
    quietly,
    retry() {
      for (const [name, work] of unwritten) quietly(work, { name, work })
    },
    onDiskFull(listener) {
      diskFull = listener
    },
  }
}
