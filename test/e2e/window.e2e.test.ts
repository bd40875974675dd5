import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ElectronApplication, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { HostApi } from '../../src/shared/contract'
import { readLock } from '../../src/main/transports/lockFile'
import { untilRun, type FakeWorkspace } from '../fixtures/processes'
import { until } from './support/engine'
import { missingFakeWindow as missing, openFakeWindow, type FakeWindow } from './support/window'

/** A picture of one pixel. */
const onePixel = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** What the page's side of the preload bridge is used for here. */
interface PageGlobals {
  abdWindow: {
    host: Pick<HostApi, 'recentWorkspaces' | 'notificationState' | 'notify' | 'setProgress'>
  }
}
declare const window: PageGlobals

describe.skipIf(missing !== null)(
  `the window itself, on an engine of fakes${missing === null ? '' : `: ${missing}`}`,
  () => {
    let workspace: FakeWorkspace
    let opened: FakeWindow
    let application: ElectronApplication
    let page: Page
    const launch = async (): Promise<void> => {
      ;({ application, page } = await opened.launch())
    }
    beforeAll(async () => {
      opened = await openFakeWindow()
      workspace = opened.workspace
      await launch()
    })
    afterAll(() => opened?.close())

    it('knows the workspaces that were open, offers them in its menu, and tells beside the window', async () => {
      const noted: unknown = JSON.parse(readFileSync(join(opened.config, 'abd-workbench', 'workspaces.json'), 'utf8'))
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

    it('knows where a file lies that somebody chose, as it does of one that is dropped', async () => {
      const chosen = join(opened.config, 'pattern.png')
      writeFileSync(chosen, Buffer.from(onePixel, 'base64'))
      await page.evaluate(
        `document.body.append(Object.assign(document.createElement('input'), { type: 'file', id: 'chosen-file' }))`,
      )
      await page.setInputFiles('#chosen-file', chosen)
      expect(await page.evaluate(`abdWindow.host.pathOf(document.getElementById('chosen-file').files[0])`)).toBe(chosen)
      await page.evaluate(`document.getElementById('chosen-file').remove()`)
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

      await launch()
      expect(
        await application.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getBounds()),
      ).toMatchObject({ width: 1111, height: 777 })
      const again = await workspace.start()
      expect((await again.client.call('runs.get', { runId: id })).state).toBe('paused')
    })
  },
)
