/** Writing to the store while runs go on: a disk that does not take it ends no engine. */
import { toCauses } from '../../../../shared/errors'
import type { EventHub } from '../events'
import type { EngineLog } from '../log'
import { isDiskFull } from '../store'

export interface StoreWrites {
  /** The memory keeps the truth when the disk does not take it; what could not be written is told once. */
  quietly(work: () => void): void
  /** Called when the disk is full. */
  onDiskFull(listener: (error: unknown) => void): void
}

export function createStoreWrites(hub: EventHub, log: EngineLog): StoreWrites {
  /** Told once, and tried again with the next. */
  let failing = false
  let diskFull: (error: unknown) => void = () => undefined
  return {
    onDiskFull(listener) {
      diskFull = listener
    },
    quietly(work) {
      try {
        work()
        failing = false
      } catch (error) {
        if (isDiskFull(error)) diskFull(error)
        if (failing) return
        failing = true
        const title = 'The workspace could not be written.'
        log.error(title, error)
        hub.emit('engine.notice', { severity: 'error', title, causes: toCauses(error), runId: null })
      }
    },
  }
}
