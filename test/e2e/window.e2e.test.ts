import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { _electron, type ElectronApplication, type Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostApi } from '../../src/shared/contract'
import { removeFolder } from '../fixtures/removeFolder'
import { readLock } from '../../src/main/transports/lockFile'
import { createFakeWorkspace, untilRun, type FakeWorkspace } from '../fixtures/processes'
import {
  builtFolder,
  canOpenWindows,
  electronPath,
  isBuilt,
  missingBuild,
  missingWindow,
  openDisplay,
} from './support/browser'
import { until } from './support/engine'

const missing = !isBuilt ? missingBuild : !canOpenWindows ? missingWindow : null

/** A picture of one pixel. */
const onePixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What the page's side of the preload bridge is used for here. */
interface PageGlobals {
  abdWindow: {
    host: Pick<HostApi, 'openExternal' | 'recentWorkspaces' | 'notificationState' | 'notify' | 'setProgress'>
  }
  require?: unknown
  process?: unknown
}
declare const window: PageGlobals & { open(address: string): unknown }

describe.skipIf(missing !== null)(
  `the window itself, on an engine of fakes${missing === null ? '' : `: ${missing}`}`,
  () => {
    const home = mkdtempSync(join(tmpdir(), 'abd-window-'))
    let workspace: FakeWorkspace
    let display: Awaited<ReturnType<typeof openDisplay>>
    let application: ElectronApplication
    let page: Page
    const launch = (): Promise<ElectronApplication> =>
      _electron.launch({
        executablePath: electronPath ?? '',
        args: ['--no-sandbox', '--disable-gpu', join(builtFolder, 'main', 'index.js'), '--workspace', workspace.folder],
        env: {
          ...(workspace.env as Record<string, string>),
          DISPLAY: display.display,
          ABD_NODE: process.execPath,
          XDG_CONFIG_HOME: join(home, 'config'),
          ABD_FAKE_STEP_MS: '20',
        },
      })
    beforeAll(async () => {
      workspace = await createFakeWorkspace()
      display = await openDisplay()
      application = await launch()
      page = await application.firstWindow()
      await page.waitForSelector('#app > *')
    })
    afterAll(async () => {
      await application?.close().catch(() => undefined)
      await display?.close()
      await workspace?.clean()
      await removeFolder(home)
    })

    it('knows the workspaces that were open, offers them in its menu, and tells beside the window', async () => {
      const noted: unknown = JSON.parse(readFileSync(join(home, 'config', 'abd-workbench', 'workspaces.json'), 'utf8'))
      expect(noted).toEqual([workspace.folder])
      // The one that is open is none to switch to.
      expect(await page.evaluate(() => window.abdWindow.host.recentWorkspaces())).toEqual([])
      const file = await application.evaluate(({ Menu }) =>
        Menu.getApplicationMenu()?.items[0]?.submenu?.items.map(({ label }) => label),
      )
      expect(file).toEqual(expect.arrayContaining(['Open workspace…', 'Recent workspaces']))
      expect(await page.evaluate(() => window.abdWindow.host.notificationState())).toBe('granted')
      await page.evaluate(() =>
        window.abdWindow.host.notify({ title: '“Quick look” is done', body: 'Accuracy / ASR', path: '/runs/x' }),
      )
      for (const fraction of [0.62, null])
        await page.evaluate((value) => window.abdWindow.host.setProgress(value), fraction)
      expect(await page.title()).toBe('ABD Workbench')
    })

    it('shows a page that has the bridge and nothing of Node', async () => {
      expect(
        await page.evaluate(() => ({
          bridge: Object.keys(window.abdWindow).sort(),
          require: typeof window.require,
          process: typeof window.process,
        })),
      ).toEqual({
        bridge: ['close', 'host', 'onClose', 'onMenu', 'onMessage', 'open', 'send'],
        require: 'undefined',
        process: 'undefined',
      })
      expect(
        await application.evaluate(({ BrowserWindow }) => {
          const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as
            { getLastWebPreferences(): Record<string, unknown> } | undefined
          const preferences = contents?.getLastWebPreferences()
          return [preferences?.sandbox, preferences?.contextIsolation, preferences?.nodeIntegration]
        }),
      ).toEqual([true, true, false])
    })

    it('knows where a file lies that somebody chose, as it does of one that is dropped', async () => {
      const chosen = join(home, 'pattern.png')
      writeFileSync(chosen, Buffer.from(onePixel, 'base64'))
      await page.evaluate(`document.body.insertAdjacentHTML('beforeend', '<input type="file" id="chosen-file" />')`)
      await page.setInputFiles('#chosen-file', chosen)
      expect(await page.evaluate(`abdWindow.host.pathOf(document.getElementById('chosen-file').files[0])`)).toBe(chosen)
      await page.evaluate(`document.getElementById('chosen-file').remove()`)
    })

    it('goes nowhere else, opens no other window, and grants nothing', async () => {
      const before = page.url()
      await page.evaluate(() => {
        window.open('https://example.org/')
      })
      await page.evaluate(() => {
        ;(globalThis as unknown as { location: { href: string } }).location.href = 'https://example.org/'
      })
      await new Promise((resolve) => setTimeout(resolve, 500))
      expect(page.url()).toBe(before)
      expect(application.windows()).toHaveLength(1)
      expect(
        await page.evaluate(async () => {
          const { navigator } = globalThis as unknown as {
            navigator: { permissions: { query(wanted: object): Promise<{ state: string }> } }
          }
          return [
            (await navigator.permissions.query({ name: 'geolocation' })).state,
            (await navigator.permissions.query({ name: 'notifications' })).state,
          ]
        }),
      ).toEqual(['denied', 'denied'])
      await expect(page.evaluate(() => window.abdWindow.host.openExternal('file:///etc/passwd'))).rejects.toThrow(
        'Only web addresses',
      )
    })

    it('keeps the machine awake while a run trains, and only then', async () => {
      const engine = await workspace.start()
      expect(engine.owned).toBe(false)
      const blocked = (): Promise<boolean> =>
        application.evaluate(({ powerSaveBlocker }) => [0, 1, 2, 3].some((id) => powerSaveBlocker.isStarted(id)))
      expect(await blocked()).toBe(false)
      const { id } = await engine.client.call('runs.start', {
        config: {
          name: 'awake',
          teacher: { training: { epochs: 4 } },
          distillation: { method: { id: 'zskt', params: { pseudoBatches: 100 } } },
        },
      })
      await until('the power block', blocked)
      await engine.client.call('runs.stop', { runId: id })
      await until('its end', async () => !(await blocked()))
      // A client that stays would keep the engine from ending in the next test.
      await engine.dispose('release')
    })

    it('asks before quitting during a run, then pauses it and ends the engine; the next start has the window where it was', async () => {
      const engine = await workspace.start()
      const { id } = await engine.client.call('runs.start', {
        config: {
          name: 'asked',
          teacher: { training: { epochs: 4 } },
          distillation: { method: { id: 'zskt', params: { pseudoBatches: 500 } } },
        },
      })
      await untilRun(engine.client, id, (run) => run.stages[2]?.state === 'running' && run.stages[2].step > 3)
      await application.evaluate(({ BrowserWindow }) =>
        BrowserWindow.getAllWindows()[0]?.setBounds({ x: 40, y: 50, width: 1111, height: 777 }),
      )
      await application.evaluate(({ app, dialog }) => {
        const answers = { asked: 0 }
        Object.assign(globalThis, { answers })
        dialog.showMessageBox = (() => {
          answers.asked += 1
          // The first time: Cancel.
          return Promise.resolve({ response: answers.asked === 1 ? 1 : 0, checkboxChecked: false })
        }) as typeof dialog.showMessageBox
        app.quit()
      })
      await until('the question', () =>
        application.evaluate(() => (globalThis as unknown as { answers: { asked: number } }).answers.asked === 1),
      )
      expect((await engine.client.call('runs.get', { runId: id })).state).toBe('running')
      const ended = new Promise<void>((resolve) => application.process().once('exit', () => resolve()))
      engine.client.close()
      await application.evaluate(({ app }) => app.quit()).catch(() => undefined)
      await ended
      expect(readLock(workspace.folder)).toBeNull()

      application = await launch()
      page = await application.firstWindow()
      await page.waitForSelector('#app > *')
      expect(
        await application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds()),
      ).toMatchObject({ width: 1111, height: 777 })
      const again = await workspace.start()
      expect((await again.client.call('runs.get', { runId: id })).state).toBe('paused')
    })
  },
)
