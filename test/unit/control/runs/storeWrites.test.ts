import { expect, it, vi } from 'vitest'
import { createEventHub } from '../../../../src/main/engine/control/events'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { createStoreWrites } from '../../../../src/main/engine/control/runs/storeWrites'

it('tells once that the workspace cannot be written, again after it could be, and who fills the disk at once', () => {
  const hub = createEventHub(() => undefined)
  const notices: string[] = []
  hub.subscribe('engine.notice', {}, ({ title }) => notices.push(title))
  const writes = createStoreWrites(hub, createEngineLog(null))
  const full = vi.fn()
  writes.onDiskFull(full)
  const fail = (): never => {
    throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' })
  }
  writes.quietly(fail)
  writes.quietly(fail)
  expect(notices).toEqual(['The workspace could not be written.'])
  expect(full).toHaveBeenCalledTimes(2)
  writes.quietly(() => undefined)
  writes.quietly(() => {
    throw new Error('locked')
  })
  expect(notices).toHaveLength(2)
  expect(full).toHaveBeenCalledTimes(2)
})
