import { expect, vi } from 'vitest'
import { openStore } from '../../../../src/main/engine/control/store'
import type { FakeWorkspace } from '../../../fixtures/processes'
import { differences, recordedOf, type Recorded } from '../../../torture/kills/recorded'

/** That the next engine reads of the journals all that was recorded `before`. */
export async function expectReadAgain(workspace: FakeWorkspace, id: string, before: Recorded): Promise<void> {
  const engine = await workspace.start()
  await vi.waitFor(
    () => {
      const store = openStore(workspace.folder, { readOnly: true })
      const lacks = store.lacks('what journals say')
      store.close()
      expect(lacks).toBe(false)
    },
    { timeout: 20_000, interval: 100 },
  )
  await engine.dispose('shutdown')
  const lost = differences(before, await recordedOf(workspace.folder, id))
  // A run's log is in the former database alone.
  expect(lost.filter((line) => !line.startsWith('findings in the log'))).toEqual([])
}
