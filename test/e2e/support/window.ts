/** The window of the built application on an engine of fakes, for tests of the window itself. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { createFakeWorkspace, type FakeWorkspace } from '../../fixtures/processes'
import { removeFolder } from '../../fixtures/removeFolder'
import { launched } from './electron'
import { until } from './engine'
import { builtFolder, canOpenWindows, electronPath, isBuilt, missingBuild, missingWindow, openDisplay } from './browser'

/** Why no window can be opened here; null where one can. */
export const missingFakeWindow = !isBuilt ? missingBuild : !canOpenWindows ? missingWindow : null

export interface FakeWindow {
  readonly workspace: FakeWorkspace
  /** The folder of Electron's settings and stores. */
  readonly config: string
  /** The display that the window is on. */
  readonly display: string
  /** What the pages wrote to their consoles as errors, or threw. */
  readonly complaints: string[]
  /** Starts the application; the one before has ended. */
  launch(): Promise<{ application: ElectronApplication; page: Page }>
  close(): Promise<void>
}

/** @param env of the fakes, beside or instead of what they have here */
export async function openFakeWindow(env: NodeJS.ProcessEnv = {}): Promise<FakeWindow> {
  const home = mkdtempSync(join(tmpdir(), 'abd-window-'))
  const config = join(home, 'config')
  const workspace = await createFakeWorkspace({ ABD_FAKE_STEP_MS: '20', ...env })
  const display = await openDisplay()
  const complaints: string[] = []
  let running: ElectronApplication | null = null
  const watch = (page: Page): void => {
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    page.on('pageerror', (error) => complaints.push(error.message))
  }
  return {
    workspace,
    config,
    display: display.display,
    complaints,
    async launch() {
      running = await launched({
        executablePath: electronPath ?? '',
        args: ['--no-sandbox', '--disable-gpu', join(builtFolder, 'main', 'index.js'), '--workspace', workspace.folder],
        env: {
          ...(workspace.env as Record<string, string>),
          DISPLAY: display.display,
          ABD_NODE: process.execPath,
          XDG_CONFIG_HOME: config,
        },
      })
      const application = running
      application.on('window', watch)
      // A window that carries over what an earlier one has stored may come first.
      const found = (): Page | undefined =>
        application.windows().find((page) => page.url().startsWith('abd://page/index'))
      await until('the window', () => Promise.resolve(found() !== undefined))
      const page = found()!
      await page.waitForSelector('#app > *')
      return { application, page }
    },
    async close() {
      await running?.close().catch(() => undefined)
      await display.close()
      await workspace.clean()
      await removeFolder(home)
    },
  }
}
