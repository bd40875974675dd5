import { spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { acquireLock } from '../../../src/main/setup/lock.mjs'

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

it('takes over a lock whose process id belongs to another process now', async () => {
  const file = join(directory, 'setup.lock')
  // As in a container that starts anew: the same small process id, another start.
  for (const left of [
    String(process.pid),
    JSON.stringify({ pid: process.pid, start: '1', boot: 'earlier' }),
    JSON.stringify({ pid: process.ppid, start: '', boot: 'earlier' }),
  ]) {
    if (left.includes('earlier') && !existsSync('/proc/sys/kernel/random/boot_id')) continue
    writeFileSync(file, left)
    const release = await acquireLock(file)
    release()
    expect(existsSync(file)).toBe(false)
  }
})

it('is released by the signal that ends the process', () => {
  const file = join(directory, 'setup.lock')
  const script = `import { acquireLock } from ${JSON.stringify(new URL('../../../src/main/setup/lock.mjs', import.meta.url).href)}
await acquireLock(${JSON.stringify(file)})
process.kill(process.pid, 'SIGTERM')
setInterval(() => {}, 1000)`
  const ended = spawnSync(process.execPath, ['--input-type=module', '-e', script])
  expect(ended.signal).toBe('SIGTERM')
  expect(readdirSync(directory)).toEqual([])
})
