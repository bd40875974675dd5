/** What the window is promised to be (docs/security.md, "Electron"), tried on a real one: each fails when it is undone. */
import { execFile } from 'node:child_process'
import { mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ElectronApplication, Page } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { electronPath } from './support/browser'
import { until } from './support/engine'
import { missingFakeWindow as missing, openFakeWindow, type FakeWindow } from './support/window'

const pageUrl = 'abd://page/index.html'
const settle = (page: Page): Promise<void> => page.waitForTimeout(400)

describe.skipIf(missing !== null)(`what the window may not do${missing === null ? '' : `: ${missing}`}`, () => {
  let opened: FakeWindow
  let application: ElectronApplication
  let page: Page
  beforeAll(async () => {
    opened = await openFakeWindow()
    ;({ application, page } = await opened.launch())
  })
  afterAll(() => opened?.close())
  /** The page stands where it stood and talks to its engine. */
  afterEach(async () => {
    expect(page.url().split('#')[0]).toBe(pageUrl)
    expect(await page.evaluate('abdWindow.host.recentWorkspaces()')).toEqual([])
  })
  /** What a script of the page gets: its value, or how it failed. */
  const attempt = (script: string): Promise<unknown> =>
    page.evaluate(
      `(async () => { try { return await (async () => ${script})() } catch (error) { return error.name } })()`,
    )

  it('has the page’s own origin, and no file is within its reach', async () => {
    const secret = join(opened.config, 'secret.txt')
    const script = join(opened.config, 'script.js')
    writeFileSync(secret, 'secret')
    writeFileSync(script, 'globalThis.ranFromDisk = true')
    expect(await page.evaluate('location.origin')).toBe('abd://page')
    expect(await attempt(`(await fetch('file://${secret}')).text()`)).toBe('TypeError')
    expect(await attempt(`import('file://${script}')`)).toBe('TypeError')
    expect(
      await attempt(`new Promise((resolve) => {
        const image = new Image()
        image.onload = () => resolve('loaded')
        image.onerror = () => resolve('failed')
        image.src = 'file:///usr/share/pixmaps/debian-logo.png'
      })`),
    ).toBe('failed')
    // Whatever asks for a file is given an empty page in its place.
    expect(
      await application.evaluate(({ protocol }) =>
        (protocol as Partial<typeof protocol>).handle
          ? protocol.isProtocolHandled('file')
          : protocol.isProtocolIntercepted('file'),
      ),
    ).toBe(true)
    expect(await page.evaluate('globalThis.ranFromDisk')).toBeUndefined()
  })

  it('has preferences that are locked down', async () => {
    const preferences = await application.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents as unknown as
        { getLastWebPreferences(): Record<string, unknown> } | undefined
      return contents?.getLastWebPreferences() ?? {}
    })
    expect(preferences).toMatchObject({
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
    })
    for (const name of [
      'nodeIntegrationInSubFrames',
      'nodeIntegrationInWorker',
      'allowRunningInsecureContent',
      'experimentalFeatures',
      'enableBlinkFeatures',
    ])
      expect([name, Boolean(preferences[name])]).toEqual([name, false])
  })

  it('shows the page a bridge, and nothing of Node or Electron', async () => {
    expect(
      await page.evaluate(`({
        bridge: Object.keys(abdWindow).sort(),
        host: Object.keys(abdWindow.host).sort(),
        found: ['require', 'process', 'Buffer', 'module', 'ipcRenderer', 'electron'].filter((name) => name in globalThis),
      })`),
    ).toEqual({
      bridge: ['close', 'host', 'onClose', 'onMenu', 'onMessage', 'open', 'send'],
      host: [
        'askForNotifications',
        'choosePath',
        'copyText',
        'kind',
        'notificationState',
        'notify',
        'openExternal',
        'openWorkspace',
        'pathOf',
        'recentWorkspaces',
        'revealPath',
        'saveFile',
        'setProgress',
      ],
      found: [],
    })
    // Listeners are given data, not Electron's events.
    // The promise is not to be waited for yet.
    await page.evaluate(`{
      globalThis.heard = new Promise((resolve) => abdWindow.onMenu((...given) => resolve(given.map((value) => typeof value))))
    }; 0`)
    await application.evaluate(({ BrowserWindow }) =>
      BrowserWindow.getAllWindows()[0]?.webContents.send('abd:menu', 'showShortcuts'),
    )
    const heard = await page.evaluate('globalThis.heard')
    expect(heard).toEqual(['string'])
  })

  it('runs the page’s own scripts alone, and takes no text for markup', async () => {
    // Later: what a test evaluates itself may make code of text.
    for (const way of [`eval('1')`, `new Function('return 1')()`, `setTimeout('globalThis.ranLater = true')`])
      expect(
        await attempt(
          `new Promise((resolve) => setTimeout(() => { try { resolve(${way}) } catch (error) { resolve(error.name) } }))`,
        ),
      ).toBe(way.startsWith('setTimeout') ? 'TypeError' : 'EvalError')
    expect(await attempt(`{ document.createElement('div').innerHTML = '<img src=x onerror=1>' }`)).toBe('TypeError')
    expect(await attempt(`{ document.body.insertAdjacentHTML('beforeend', '<b>x</b>') }`)).toBe('TypeError')
    expect(await attempt(`{ document.createElement('script').src = 'https://example.org/x.js' }`)).toBe('TypeError')
    expect(await attempt(`{ trustedTypes.createPolicy('mine', {}) }`)).toBe('TypeError')
    expect(await attempt(`{ document.createElement('div').innerHTML = '' }`)).toBeUndefined()
    // An inline script does not run, whoever puts it there.
    await page
      .evaluate(
        `{
      const script = document.createElement('script')
      script.append(document.createTextNode('globalThis.ranInline = true'))
      document.body.append(script)
    }`,
      )
      .catch(() => undefined)
    expect(await page.evaluate('globalThis.ranInline')).toBeUndefined()
    // Nor does anything leave: the page talks through its bridge.
    for (const address of ['https://example.org/', 'http://127.0.0.1:1/', 'abd://page/index.html'])
      expect(await attempt(`fetch('${address}')`)).toBe('TypeError')
    const breach = (script: string): Promise<unknown> =>
      attempt(`new Promise((resolve) => {
        addEventListener('securitypolicyviolation', ({ effectiveDirective }) => resolve(effectiveDirective), { once: true })
        ${script}
      })`)
    expect(await breach(`new WebSocket('ws://127.0.0.1:1')`)).toBe('connect-src')
    expect(await attempt(`new Worker('data:text/javascript,1')`)).toBe('TypeError')
    expect(
      await breach(`document.body.append(Object.assign(document.createElement('iframe'), { src: 'https://a.org/' }))`),
    ).toBe('frame-src')
    await page.evaluate(`document.querySelector('iframe').remove()`)
  })

  it('grants nothing', async () => {
    const names = ['geolocation', 'notifications', 'camera', 'microphone', 'midi', 'clipboard-read', 'clipboard-write']
    expect(
      await attempt(
        `Promise.all(${JSON.stringify(names)}.map(async (name) => (await navigator.permissions.query({ name })).state))`,
      ),
    ).toEqual(names.map(() => 'denied'))
    expect(await attempt(`Notification.requestPermission()`)).toBe('denied')
    for (const media of ['{ video: true }', '{ audio: true }'])
      expect(await attempt(`navigator.mediaDevices.getUserMedia(${media})`)).not.toEqual({})
    expect(await attempt(`navigator.mediaDevices.getDisplayMedia({ video: true })`)).not.toEqual({})
    expect(await attempt(`navigator.clipboard.writeText('x')`)).toBe('NotAllowedError')
    expect(await attempt(`navigator.usb?.requestDevice({ filters: [] })`)).not.toEqual({})
  })

  it.each([
    'https://example.org/',
    'http://127.0.0.1:1/',
    'about:blank',
    'about:srcdoc',
    'file:///etc/passwd',
    'data:text/html,x',
    'abd://page/other.html',
    'abd://other/index.html',
    'javascript:document.title="ran"',
  ])('does not go to %s', async (address) => {
    for (const way of [
      `location.href = '${address}'`,
      `location.replace('${address}')`,
      `Object.assign(document.createElement('a'), { href: '${address}' }).click()`,
      `{ const form = Object.assign(document.createElement('form'), { action: '${address}' }); document.body.append(form); form.submit() }`,
    ]) {
      await page.evaluate(`${way}; 0`).catch(() => undefined)
      await page.waitForTimeout(100)
      expect(page.url().split('#')[0]).toBe(pageUrl)
    }
    await settle(page)
    expect(await page.title()).not.toBe('ran')
  })

  it('is led back where it arrives elsewhere all the same, and is heard of nobody there', async () => {
    for (const address of ['about:blank', 'data:text/html,x', 'file:///etc/passwd']) {
      await application.evaluate(
        ({ BrowserWindow }, elsewhere) =>
          BrowserWindow.getAllWindows()[0]
            ?.webContents.loadURL(elsewhere)
            .catch(() => undefined),
        address,
      )
      await until('the page', async () => page.url().split('#')[0] === pageUrl)
      await page.waitForSelector('#app > *')
    }
  })

  it('opens no other window and no webview', async () => {
    for (const way of [
      `open('https://example.org/')`,
      `open('about:blank')`,
      `open('${pageUrl}')`,
      `Object.assign(document.createElement('a'), { href: 'https://example.org/', target: '_blank' }).click()`,
      `document.body.append(Object.assign(document.createElement('webview'), { src: 'https://example.org/' }))`,
    ])
      await page.evaluate(`${way}; 0`).catch(() => undefined)
    await settle(page)
    expect(await application.evaluate(({ webContents }) => webContents.getAllWebContents().length)).toBe(1)
  })

  it('refuses a webview that somebody lets in, and a redirect', async () => {
    // Both events ask whoever listens: nobody may say nothing.
    const answers = await application.evaluate(({ BrowserWindow }) => {
      const contents = BrowserWindow.getAllWindows()[0]?.webContents
      return ['will-attach-webview', 'will-redirect', 'will-navigate', 'will-frame-navigate'].map((name) => {
        let prevented = false
        contents?.emit(name, { preventDefault: () => (prevented = true) }, {}, {})
        return prevented
      })
    })
    expect(answers).toEqual([true, true, true, true])
  })

  it('opens in the browser what the interface links to, asks about other hosts, and refuses all else', async () => {
    await application.evaluate(({ shell, dialog }) => {
      const seen = { opened: [] as string[], asked: [] as string[] }
      Object.assign(globalThis, { seen })
      shell.openExternal = (address) => {
        seen.opened.push(address)
        return Promise.resolve()
      }
      dialog.showMessageBox = ((...given: { message: string }[]) => {
        seen.asked.push(given.at(-1)?.message ?? '')
        // Cancelled.
        return Promise.resolve({ response: 1, checkboxChecked: false })
      }) as unknown as typeof dialog.showMessageBox
    })
    const open = (address: string): Promise<unknown> =>
      attempt(`abdWindow.host.openExternal(${JSON.stringify(address)})`)
    expect(await open('https://github.com/illidanlab/ABD')).toBeUndefined()
    expect(await open('https://example.org/')).toBeUndefined()
    for (const address of ['file:///etc/passwd', 'smb://host/share', 'vscode://x', 'javascript:1', 'no address'])
      expect(await open(address)).toBe('Error')
    expect(await application.evaluate(() => (globalThis as unknown as { seen: object }).seen)).toEqual({
      opened: ['https://github.com/illidanlab/ABD'],
      asked: ['Open example.org in the browser?'],
    })
  })

  it('lives on when the page sends messages of another shape', async () => {
    for (const message of [
      `abdWindow.send(1, { length: 3e9 })`,
      `abdWindow.send({ length: 3e9 }, 1)`,
      `abdWindow.send(1, new Uint8Array(65 << 20))`,
      `abdWindow.send(1, 'text')`,
      `abdWindow.close({ length: 3e9 })`,
      `abdWindow.host.saveFile({ name: 'x', data: { length: 3e9 }, type: '' })`,
      `abdWindow.host.choosePath({ select: 'everything', title: 'x' })`,
      `abdWindow.host.notify({ title: {}, body: 1, path: 'x' })`,
      `abdWindow.host.setProgress('far')`,
      `abdWindow.host.copyText({ toString: null })`,
      `abdWindow.host.openWorkspace('/etc')`,
      `abdWindow.host.openWorkspace({})`,
      `abdWindow.host.revealPath(['/etc'])`,
    ])
      expect([undefined, 'Error', 'TypeError']).toContain(await attempt(message))
    // Connections are few, however often one is asked for.
    const many = await attempt(
      `(await Promise.allSettled(Array.from({ length: 40 }, () => abdWindow.open()))).filter(({ status }) => status === 'fulfilled').length`,
    )
    expect(many).toBeLessThanOrEqual(8)
    expect(await page.evaluate('document.body.innerText')).toContain('New experiment')
  })
})

/** A window of before: its page was a file, and stored under the origin of files. */
const earlierApplication = `
const { app, BrowserWindow } = require('electron')
app.setPath('userData', process.argv.at(-1))
app.whenReady().then(async () => {
  const window = new BrowserWindow({ show: false })
  await window.loadFile(require('node:path').join(__dirname, 'page.html'))
  await window.webContents.executeJavaScript("localStorage.setItem('abd.probe', '{\\"kept\\":true}'); localStorage.setItem('abd.second', 'x')")
  window.webContents.session.flushStorageData()
  setTimeout(() => app.exit(0), 500)
})
`

describe.skipIf(missing !== null)(`a window of before`, () => {
  it('has its settings in the new one', async () => {
    const opened = await openFakeWindow()
    try {
      // Which folder it is that a window of this workspace has.
      const first = await opened.launch()
      const userData = await first.application.evaluate(({ app }) => app.getPath('userData'))
      await first.application.close()
      const folder = join(opened.config, 'earlier')
      mkdirSync(folder)
      writeFileSync(join(folder, 'main.js'), earlierApplication)
      writeFileSync(join(folder, 'package.json'), '{"name":"earlier","version":"1.0.0","main":"main.js"}')
      writeFileSync(join(folder, 'page.html'), '<!doctype html>')
      const earlierData = `${userData}-earlier`
      await promisify(execFile)(electronPath ?? '', ['--no-sandbox', '--disable-gpu', folder, earlierData], {
        env: { ...process.env, DISPLAY: opened.display },
        timeout: 60_000,
      })
      expect(readdirSync(earlierData)).toContain('Local Storage')
      rmSync(userData, { recursive: true })
      renameSync(earlierData, userData)
      const { page } = await opened.launch()
      expect(await page.evaluate(`[localStorage.getItem('abd.probe'), localStorage.getItem('abd.second')]`)).toEqual([
        '{"kept":true}',
        'x',
      ])
    } finally {
      await opened.close()
    }
  })
})
