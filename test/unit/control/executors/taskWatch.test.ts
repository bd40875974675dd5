import { mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import type { Follower } from '../../../../src/main/engine/control/executors/journal/follower'
import { watchTask } from '../../../../src/main/engine/control/executors/journal/taskWatch'
import type { Watch } from '../../../../src/main/engine/control/executors/journal/watch'
import { taskFiles } from '../../../../src/main/engine/protocol/taskFolder'

let folder = ''
let watch: Watch
const told: string[] = []
const follower = { at: null as Follower['at'], end: null, finish: () => Promise.resolve(), stop: () => undefined }
const beat = (time: number): void => utimesSync(join(folder, taskFiles.heartbeat), time, time)

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-beat-'))
  writeFileSync(join(folder, taskFiles.heartbeat), '')
  told.length = 0
  follower.at = null
  watch = watchTask(
    folder,
    follower,
    { onSilent: () => told.push('silent'), onLost: () => told.push('lost') },
    { interval: 20, silentAfter: 200, lostAfter: 500 },
  )
})
afterEach(() => {
  watch.stop()
  rmSync(folder, { recursive: true, force: true })
})

it('a heart that stands still is told, and then it is lost', async () => {
  await vi.waitFor(() => expect(told).toEqual(['silent']), { timeout: 5000 })
  await vi.waitFor(() => expect(told).toContain('lost'), { timeout: 5000 })
})

it('a heart that beats is not, whatever its clock says; nor a journal that grows', async () => {
  for (let look = 0; look < 20; look++) {
    // A clock that runs backwards.
    if (look % 2 === 0) beat(1e9 - look * 1000)
    else follower.at = { attempt: '1', offset: look, number: look }
    await new Promise((resolve) => setTimeout(resolve, 30))
  }
  expect(told).toEqual([])
})
