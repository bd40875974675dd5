import { spawn } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeFolder } from '../fixtures/removeFolder'
import {
  builtFolder,
  canOpenWindows,
  electronPath,
  hasRuntime,
  isBuilt,
  missingBuild,
  missingRuntime,
  missingWindow,
  openDisplay,
} from './support/browser'
import { launched } from './support/electron'
import { runMainJob } from './support/workbenchFlow'

const missing = !isBuilt ? missingBuild : !canOpenWindows ? missingWindow : !hasRuntime ? missingRuntime : null

describe.skipIf(missing !== null)(`the interface in a window${missing === null ? '' : `: ${missing}`}`, () => {
  const home = mkdtempSync(join(tmpdir(), 'abd-window-'))
  const complaints: string[] = []
  let display: Awaited<ReturnType<typeof openDisplay>>
  let application: ElectronApplication
  let environment: Record<string, string>
  const parameters = [
    '--no-sandbox',
    '--disable-gpu',
    join(builtFolder, 'main', 'index.js'),
    '--workspace',
    join(home, 'workspace'),
  ]

  const watch = (page: Page): Page => {
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
    return page
  }
  beforeAll(async () => {
    display = await openDisplay()
    environment = {
      ...(process.env as Record<string, string>),
      DISPLAY: display.display,
      ABD_NODE: process.execPath,
      ABD_NO_DIALOGS: '1',
      XDG_CONFIG_HOME: join(home, 'config'),
    }
    application = await launched({ executablePath: electronPath!, args: parameters, env: environment })
  })
  afterAll(async () => {
    await application?.close().catch(() => undefined)
    await display?.close()
    await removeFolder(home)
  })

  it('does the main job; closing the window leaves the run going, starting again brings it back', async () => {
    const page = watch(await application.firstWindow())
    await runMainJob(page, {
      async reopen(old) {
        const opened = application.waitForEvent('window', { timeout: 60_000 })
        await old.close()
        // A second start of the same workspace shows the window of the first and ends.
        const second = spawn(electronPath!, parameters, { env: environment, stdio: 'ignore' })
        const fresh = await opened
        await new Promise((done) => (second.exitCode === null ? second.once('exit', done) : done(null)))
        return watch(fresh)
      },
    })
    expect(complaints).toEqual([])
  }, 600_000)
})
