/** A gathered run whose engine ends before it has read the journals. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createEventHub } from '../../../../src/main/engine/control/events'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { gatheringCalls } from '../../../../src/main/engine/control/runs/gathering/calls'
import { createRunRecorder } from '../../../../src/main/engine/control/runs/recorder'
import { openStore } from '../../../../src/main/engine/control/store'
import { createFakeWorkspace, untilState, type FakeWorkspace } from '../../../fixtures/processes'
import { differences, recordedOf } from '../../../torture/kills/recorded'

let there: FakeWorkspace
let here: FakeWorkspace
beforeEach(async () => {
  there = await createFakeWorkspace()
  here = await createFakeWorkspace()
})
afterEach(async () => {
  await there.clean()
  await here.clean()
})

it('has its curves and images from the next one', async () => {
  const engine = await there.start()
  const { id } = await engine.client.call('runs.start', {
    config: {
      teacher: { training: { epochs: 1 } },
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 30 } } },
      students: [{ defenses: [{ id: 'sv' }] }],
      recording: { imagesEvery: 2, keptSteps: 5, imagesPerStep: 16, evaluateEvery: 10 },
    },
  })
  await untilState(engine.client, id, 'done')
  await engine.dispose('shutdown')
  const before = await recordedOf(there.folder, id)

  const store = openStore(here.folder)
  const recorder = createRunRecorder(
    store,
    createEventHub(() => undefined),
    createEngineLog(null),
  )
  vi.spyOn(store.images, 'index').mockImplementation(() => {
    throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
  })
  const calls = gatheringCalls({ store, recorder, conditionOf: () => undefined })
  await expect(calls['runs.gather']({ folder: there.folder, runId: id })).rejects.toThrow()
  expect([store.runs.has(id), store.lacks('what journals say')]).toEqual([true, true])
  await recorder.dispose()
  store.close()

  const next = await here.start()
  await vi.waitFor(
    () => {
      const read = openStore(here.folder, { readOnly: true })
      const lacks = read.lacks('what journals say')
      read.close()
      expect(lacks).toBe(false)
    },
    { timeout: 20_000, interval: 100 },
  )
  await next.dispose('shutdown')
  const lost = differences(before, await recordedOf(here.folder, id))
  // The run's log is in the other database alone.
  expect(lost.filter((line) => !line.startsWith('findings in the log'))).toEqual([])
}, 90_000)
