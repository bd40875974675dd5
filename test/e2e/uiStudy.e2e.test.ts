import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeWorkspace, type FakeWorkspace } from '../fixtures/processes'
import { removeFolder } from '../fixtures/removeFolder'
import {
  builtFolder,
  canOpenWindows,
  electronPath,
  isBuilt,
  missingBuild,
  missingWindow,
  openDisplay,
} from './support/browser'
import { describeServed, openServed, type Served } from './support/served'
import { fillATable } from './support/studyFlow'

/** Slow enough that a place can be cancelled before its turn. */
const fakes = { ABD_FAKE_STATIC: join(builtFolder, 'renderer'), ABD_FAKE_STEP_MS: '8' }

const complaintsOf = (page: Page): string[] => {
  const complaints: string[] = []
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(message.text())
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  return complaints
}

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

const missing = !isBuilt ? missingBuild : !canOpenWindows ? missingWindow : null
describe.skipIf(missing !== null)(
  `a study in a window, on an engine of fakes${missing === null ? '' : `: ${missing}`}`,
  () => {
    const home = mkdtempSync(join(tmpdir(), 'abd-window-'))
    let workspace: FakeWorkspace
    let display: Awaited<ReturnType<typeof openDisplay>>
    let application: ElectronApplication
    beforeAll(async () => {
      workspace = await createFakeWorkspace(fakes)
      display = await openDisplay()
      application = await _electron.launch({
        executablePath: electronPath ?? '',
        args: ['--no-sandbox', '--disable-gpu', join(builtFolder, 'main', 'index.js'), '--workspace', workspace.folder],
        env: {
          ...(workspace.env as Record<string, string>),
          DISPLAY: display.display,
          ABD_NODE: process.execPath,
          ABD_NO_DIALOGS: '1',
          XDG_CONFIG_HOME: join(home, 'config'),
        },
      })
    })
    afterAll(async () => {
      await application?.close().catch(() => undefined)
      await display?.close()
      await workspace?.clean()
      await removeFolder(home)
    })

    it('fills a table, which is cancelled in part, retried, extended and exported', async () => {
      const page = await application.firstWindow()
      const complaints = complaintsOf(page)
      const path = join(home, 'table.tex')
      await application.evaluate(({ dialog }, filePath) => {
        dialog.showSaveDialog = (() => Promise.resolve({ canceled: false, filePath })) as typeof dialog.showSaveDialog
      }, path)
      await fillATable(page, async (choose) => {
        await choose()
        await expect.poll(() => readWhole(path), { timeout: 10_000 }).not.toBe('')
        return readWhole(path)
      })
      expect(complaints).toEqual([])
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
