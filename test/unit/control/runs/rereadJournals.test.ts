import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createEventHub } from '../../../../src/main/engine/control/events'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { createRunRecorder } from '../../../../src/main/engine/control/runs/recorder'
import { rereadJournals } from '../../../../src/main/engine/control/runs/rereadJournals'
import { databaseName, openStore } from '../../../../src/main/engine/control/store'
import { createFakeWorkspace, untilState, type FakeWorkspace } from '../../../fixtures/processes'
import { recordedOf, type Recorded } from '../../../torture/kills/recorded'
import { expectReadAgain } from './readAgain'

let workspace: FakeWorkspace
beforeEach(async () => {
  workspace = await createFakeWorkspace({ ABD_FAKE_POOL: '1' })
})
afterEach(() => workspace.clean())

/** A run that is done, and what its workspace holds of it before the database is destroyed. */
async function damagedAfter(): Promise<{ id: string; before: Recorded }> {
  const engine = await workspace.start()
  const { id } = await engine.client.call('runs.start', {
    config: {
      teacher: { training: { epochs: 1 } },
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 30 } } },
      students: [{ defenses: [{ id: 'sv' }] }],
      recording: { imagesEvery: 2, keptSteps: 5, imagesPerStep: 16, poolMegabytes: 1, evaluateEvery: 10 },
    },
  })
  await untilState(engine.client, id, 'done')
  await engine.dispose('shutdown')
  const before = await recordedOf(workspace.folder, id)
  writeFileSync(join(workspace.folder, databaseName), 'no database')
  return { id, before }
}

it('a damaged database is begun anew with curves, images and artifacts as the trainings had written them', async () => {
  const { id, before } = await damagedAfter()
  await expectReadAgain(workspace, id, before)
}, 90_000)

it('the next engine goes on where the disk refused, or a kill ended, what was read again', async () => {
  const { id, before } = await damagedAfter()
  const store = openStore(workspace.folder)
  const recorder = createRunRecorder(
    store,
    createEventHub(() => undefined),
    createEngineLog(null),
  )
  const { index } = store.images
  let taken = 0
  vi.spyOn(store.images, 'index').mockImplementation((...picture) => {
    if (++taken > 3) throw Object.assign(new Error('disk I/O error'), { code: 'SQLITE_IOERR' })
    index(...picture)
  })
  // So that every line is marked as read.
  let now = 0
  const clock = vi.spyOn(performance, 'now').mockImplementation(() => (now += 2000))
  await rereadJournals({ store, recorder, log: createEngineLog(null), isClosed: () => false })
  clock.mockRestore()
  expect(store.lacks('what journals say')).toBe(true)
  expect([...store.stages.all()].some(({ place }) => store.positions.of(place) !== null)).toBe(true)
  await recorder.dispose()
  store.close()
  await expectReadAgain(workspace, id, before)
}, 90_000)
