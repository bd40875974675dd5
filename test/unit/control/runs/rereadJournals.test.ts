import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { databaseName, openStore } from '../../../../src/main/engine/control/store'
import { createFakeWorkspace, untilState, type FakeWorkspace } from '../../../fixtures/processes'
import { differences, recordedOf } from '../../../torture/kills/recorded'

let workspace: FakeWorkspace
beforeEach(async () => {
  workspace = await createFakeWorkspace({ ABD_FAKE_POOL: '1' })
})
afterEach(() => workspace.clean())

it('a damaged database is begun anew with curves, images and artifacts as the trainings had written them', async () => {
  const first = await workspace.start()
  const { id } = await first.client.call('runs.start', {
    config: {
      teacher: { training: { epochs: 1 } },
      distillation: { method: { id: 'zskt', params: { pseudoBatches: 30 } } },
      students: [{ defenses: [{ id: 'sv' }] }],
      recording: { imagesEvery: 2, keptSteps: 5, imagesPerStep: 16, poolMegabytes: 1, evaluateEvery: 10 },
    },
  })
  await untilState(first.client, id, 'done')
  await first.dispose('shutdown')
  const before = await recordedOf(workspace.folder, id)
  writeFileSync(join(workspace.folder, databaseName), 'no database')
  const second = await workspace.start()
  await vi.waitFor(
    () => {
      const store = openStore(workspace.folder, { readOnly: true })
      const lacks = store.lacks('what journals say')
      store.close()
      expect(lacks).toBe(false)
    },
    { timeout: 20_000, interval: 100 },
  )
  await second.dispose('shutdown')
  const lost = differences(before, await recordedOf(workspace.folder, id))
  // The run's log was in the database alone.
  expect(lost.filter((line) => !line.startsWith('findings in the log'))).toEqual([])
}, 90_000)
