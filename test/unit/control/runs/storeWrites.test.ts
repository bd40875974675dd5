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

it('tries again what could not be written, the newest of each name, until it could be', () => {
  const hub = createEventHub(() => undefined)
  const notices: string[] = []
  hub.subscribe('engine.notice', {}, ({ title }) => notices.push(title))
  const writes = createStoreWrites(hub, createEngineLog(null))
  let healthy = false
  const written: string[] = []
  const write = (what: string) => (): void => {
    if (!healthy) throw new Error('disk I/O error')
    written.push(what)
  }
  writes.quietly(write('first'), { name: 'run', work: write('first, later') })
  writes.quietly(write('second'), { name: 'run', work: write('second, later') })
  writes.quietly(write('stage'), { name: 'stage', work: write('stage, later') })
  writes.retry()
  expect([notices.length, written]).toEqual([1, []])
  healthy = true
  writes.quietly(write('third'), { name: 'run', work: write('third, later') })
  writes.retry()
  writes.retry()
  expect([notices.length, written]).toEqual([1, ['third', 'stage, later']])
})
