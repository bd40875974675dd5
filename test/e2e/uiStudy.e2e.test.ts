import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeWorkspace, type FakeWorkspace } from '../fixtures/processes'
import { builtFolder } from './support/browser'
import { describeServed, openServed, type Served } from './support/served'
import { fillATable } from './support/studyFlow'
import { missingFakeWindow, openFakeWindow, type FakeWindow } from './support/window'

/** Slow enough that a place can be cancelled before its turn. */
const fakes = { ABD_FAKE_STATIC: join(builtFolder, 'renderer'), ABD_FAKE_STEP_MS: '8' }

describeServed('a study in a browser, on an engine of fakes', () => {
  let workspace: FakeWorkspace
  let served: Served
  beforeAll(async () => {
    workspace = await createFakeWorkspace(fakes)
    served = await openServed(workspace.folder, workspace.env)
  })
  afterAll(async () => {
    await served?.close()
    await workspace?.clean()
  })

  it('fills a table, which is cancelled in part, retried, extended and exported', async () => {
    const page = await served.open({ viewport: { width: 1280, height: 800 } })
    await fillATable(page, async (choose) => {
      const download = page.waitForEvent('download')
      await choose()
      const saved = await download
      expect(saved.suggestedFilename()).toBe('small-table.tex')
      return readFileSync(await saved.path(), 'utf8')
    })
    expect(served.complaints).toEqual([])
  })
})

describe.skipIf(missingFakeWindow !== null)(
  `a study in a window, on an engine of fakes${missingFakeWindow === null ? '' : `: ${missingFakeWindow}`}`,
  () => {
    let opened: FakeWindow
    beforeAll(async () => {
      opened = await openFakeWindow({ ...fakes, ABD_NO_DIALOGS: '1' })
    })
    afterAll(() => opened?.close())

    it('fills a table, which is cancelled in part, retried, extended and exported', async () => {
      const { application, page } = await opened.launch()
      const path = join(opened.config, 'table.tex')
      await application.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = (() => Promise.resolve({ canceled: false, filePath })) as typeof dialog.showSaveDialog
      }, path)
      await fillATable(page, async (choose) => {
        await choose()
        await expect.poll(() => readWhole(path), { timeout: 10_000 }).not.toBe('')
        return readWhole(path)
      })
      expect(opened.complaints).toEqual([])
    })
  },
)

/** Empty until it is there. */
function readWhole(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
