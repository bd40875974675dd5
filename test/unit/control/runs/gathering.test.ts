/** Gathered runs whose stages are unfinished, or whose engine ends before it has read the journals. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { createEventHub } from '../../../../src/main/engine/control/events'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { gatheringCalls } from '../../../../src/main/engine/control/runs/gathering/calls'
import { createRunRecorder } from '../../../../src/main/engine/control/runs/recorder'
import { openStore } from '../../../../src/main/engine/control/store'
import type { RunDetail } from '../../../../src/shared/domain'
import { createFakeWorkspace, untilState, type FakeWorkspace } from '../../../fixtures/processes'
import { recordedOf } from '../../../torture/kills/recorded'
import { expectReadAgain } from './readAgain'

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

const config = {
  teacher: { training: { epochs: 1 } },
  distillation: { method: { id: 'zskt', params: { pseudoBatches: 30 } } },
  students: [{ defenses: [{ id: 'sv' }] }],
  recording: { imagesEvery: 2, keptSteps: 5, imagesPerStep: 16, evaluateEvery: 10 },
}

it('runs that were stopped before a stage that they share come all the same', async () => {
  const engine = await there.start()
  const { id } = await engine.client.call('runs.start', { config })
  await untilState(engine.client, id, 'done')
  await engine.dispose('shutdown')
  const record = JSON.parse(readFileSync(join(there.folder, 'runs', id, 'run.json'), 'utf8')) as RunDetail
  const stages = record.stages.map((stage) =>
    stage.kind === 'student' ? { ...stage, state: 'waiting', step: 0, place: 'stages/shared', key: 'shared' } : stage,
  )
  for (const name of ['first', 'second']) {
    mkdirSync(join(there.folder, 'runs', name))
    const stopped = { ...record, id: name, state: 'stopped', stages }
    writeFileSync(join(there.folder, 'runs', name, 'run.json'), JSON.stringify(stopped))
  }
  const { client } = await here.start()
  for (const runId of ['first', 'second']) await client.call('runs.gather', { folder: there.folder, runId })
  expect((await client.call('runs.list', {})).map((run) => run.id).sort()).toEqual(['first', 'second'])
}, 60_000)

it('a run whose engine ended has its curves and images from the next one', async () => {
  const engine = await there.start()
  const { id } = await engine.client.call('runs.start', { config })
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
  const calls = gatheringCalls({ store, recorder, conditionOf: () => undefined, assertConfig: async () => undefined })
  await expect(calls['runs.gather']({ folder: there.folder, runId: id })).rejects.toThrow()
  expect([store.runs.has(id), store.lacks('what journals say')]).toEqual([true, true])
  await recorder.dispose()
  store.close()

  await expectReadAgain(here, id, before)
}, 90_000)
