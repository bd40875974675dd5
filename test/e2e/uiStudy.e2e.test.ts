import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, chromium, type Browser, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createFakeWorkspace, type FakeWorkspace } from '../fixtures/processes'
import { removeFolder } from '../fixtures/removeFolder'
import {
  builtFolder,
  canOpenWindows,
  chromiumFlags,
  chromiumPath,
  electronPath,
  end,
  isBuilt,
  missingBuild,
  missingChromium,
  missingWindow,
  openDisplay,
  printed,
} from './support/browser'
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

const missingHere = !isBuilt ? missingBuild : chromiumPath === undefined ? missingChromium : null
describe.skipIf(missingHere !== null)(
  `a study in a browser, on an engine of fakes${missingHere === null ? '' : `: ${missingHere}`}`,
  () => {
    let workspace: FakeWorkspace
    let server: ChildProcess
    let browser: Browser
    let address: string
    beforeAll(async () => {
      workspace = await createFakeWorkspace(fakes)
      server = spawn(process.execPath, [join(builtFolder, 'main', 'serve.js'), '--workspace', workspace.folder], {
        env: workspace.env,
        stdio: ['ignore', 'pipe', 'pipe'],
      })
      address = (await printed(server, /http:\/\/\S+token=\S+/))[0]
      browser = await chromium.launch({ executablePath: chromiumPath!, args: chromiumFlags })
    })
    afterAll(async () => {
      await browser?.close()
      if (server) await end(server, 'SIGINT')
      await workspace?.clean()
    })

    it('fills a table, which is cancelled in part, retried, extended and exported', async () => {
      const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
      const complaints = complaintsOf(page)
      await page.goto(address)
      await fillATable(page, async (choose) => {
        const download = page.waitForEvent('download')
        await choose()
        const saved = await download
        expect(saved.suggestedFilename()).toBe('small-table.tex')
        return readFileSync(await saved.path(), 'utf8')
      })
      expect(complaints).toEqual([])
    })
  },
)

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
