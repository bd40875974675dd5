import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { acquireLock } from '../../../tools/setup/lock.mjs'

let directory: string
beforeEach(() => {
  vi.spyOn(process.stderr, 'write').mockReturnValue(true)
  directory = mkdtempSync(join(tmpdir(), 'abd-lock-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true })
})

it('lets one in at a time', async () => {
  const file = join(directory, 'setup.lock')
  const order: string[] = []
  const first = await acquireLock(file)
  const second = acquireLock(file, { pollMilliseconds: 10 }).then((release: () => void) => {
    order.push('second in')
    release()
  })
  await new Promise((resolve) => setTimeout(resolve, 50))
  order.push('first out')
  first()
  await second
  expect(order).toEqual(['first out', 'second in'])
  expect(existsSync(file)).toBe(false)
})

it('takes over the lock of a process that is gone', async () => {
  const file = join(directory, 'setup.lock')
  writeFileSync(file, '2147483646')
  const release = await acquireLock(file)
  release()
  expect(existsSync(file)).toBe(false)
})
