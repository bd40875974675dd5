/** What following costs: 8 journals of 50 points a second each, kept in a store as control does. */
import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEventHub } from '../../../../src/main/engine/control/events'
import { followJournal, type Follower } from '../../../../src/main/engine/control/executors/journal/follower'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { createRunRecorder, type RunRecorder } from '../../../../src/main/engine/control/runs/recorder'
import { createStageReports } from '../../../../src/main/engine/control/runs/stageReports'
import { openStore, placeInRun, type RunStore } from '../../../../src/main/engine/control/store'
import { bundle } from '../../../fixtures/bundle'
import { createHandJournal, lineOf } from '../../../fixtures/journals'
import { processorSeconds, slownessBy } from '../../../fixtures/slowness'
import { fakeCatalogue } from '../../../fakes/catalogue'
import { FakeRun } from '../../../fakes/run'

const journals = 8
const seconds = 4
const attempt = '000000000000001-aaaaaa'

let folder = ''
let store: RunStore
let recorder: RunRecorder
let writer: ChildProcess | null = null
const followers: Follower[] = []

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-cost-'))
  store = openStore(folder)
  recorder = createRunRecorder(
    store,
    createEventHub(() => undefined),
    createEngineLog(null),
  )
})
afterEach(() => {
  writer?.kill('SIGKILL')
  for (const follower of followers.splice(0)) follower.stop()
  recorder.dispose()
  store.close()
  rmSync(folder, { recursive: true, force: true })
})

/** Follows the journal of a run's student, and keeps what it says. */
function follow(id: string, interval: number): string {
  store.runs.insert(new FakeRun(id, fakeCatalogue.defaults, null, 1).detail)
  const place = placeInRun(id, 'student-1')
  const task = join(folder, place)
  mkdirSync(task, { recursive: true })
  createHandJournal(task).take(attempt)
  const context = recorder.contextOf(place, id, fakeCatalogue.defaults)
  const reports = createStageReports({ context, folder: task, onFault: () => undefined })
  followers.push(
    followJournal({ folder: task, from: null, interval, onReport: (report, at) => void reports.write(report, at) }),
  )
  return task
}
const pointsOf = async (id: string): Promise<number> =>
  (await store.metrics.read(placeInRun(id, 'student-1'))).studentLoss?.steps.length ?? 0

describe('following', () => {
  it.each([
    ['this machine', 100],
    ['a cluster', 500],
  ])(
    'as on %s, every %i ms, takes little of a core and lets everybody else have their turn',
    async (_where, interval) => {
      const folders = Array.from({ length: journals }, (_, index) => follow(`r${index}`, interval))
      writer = spawn(process.execPath, [await bundle('test/fixtures/writesJournals.ts'), attempt, ...folders])
      await vi.waitFor(async () => expect(await pointsOf('r7')).toBeGreaterThan(0), { timeout: 10_000 })
      const late = monitorEventLoopDelay({ resolution: 5 })
      late.enable()
      const before = process.cpuUsage()
      const pointsBefore = await pointsOf('r0')
      await new Promise((resolve) => setTimeout(resolve, seconds * 1000))
      const { user, system } = process.cpuUsage(before)
      late.disable()
      const share = (user + system) / 1e6 / seconds
      expect((await pointsOf('r0')) - pointsBefore).toBeGreaterThan(seconds * 40)
      process.stderr.write(
        `${(100 * share).toFixed(1)} % of a core, 99 of 100 turns at most ${(late.percentile(99) / 1e6).toFixed(0)} ms late\n`,
      )
      // 0.03 to 0.04 on two busy cores, twice as much on a machine at half the speed; others fill the caches there.
      expect(share).toBeLessThan(0.08 * slownessBy(processorSeconds))
      expect(late.percentile(99) / 1e6).toBeLessThan(100)
    },
  )

  it('of a long journal after control was away takes turns with calls', async () => {
    const task = follow('long', 100)
    const lines = Array.from({ length: 1000 }, (_, index) => lineOf(index, 'x'.repeat(300)))
    const journal = createHandJournal(task)
    journal.append(attempt, lines.join(''))
    const late = monitorEventLoopDelay({ resolution: 5 })
    late.enable()
    await vi.waitFor(() => expect(store.readLog('long', 2000)).toHaveLength(1000), { timeout: 20_000, interval: 200 })
    late.disable()
    expect(late.percentile(99) / 1e6).toBeLessThan(100)
  })
})
