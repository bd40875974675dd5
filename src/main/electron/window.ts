/** The window: locked down, remembered, and nothing but our page in it. */
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { BrowserWindow, nativeTheme, type IpcMainEvent, type IpcMainInvokeEvent, type Session } from 'electron'
import { readWindowState, rememberWindowState, smallestWindow } from './windowState'

const page = join(__dirname, '..', 'renderer', 'index.html')
const pageUrl = pathToFileURL(page).href

/** Whether an IPC message comes from our page in its main frame. */
export function isOurPage(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const { senderFrame } = event
  return senderFrame !== null && senderFrame.parent === null && senderFrame.url.split(/[?#]/)[0] === pageUrl
}

export interface OpenedWindow {
  window: BrowserWindow
  remember: () => void
}

export function openWindow(stateFile: string): OpenedWindow {
  const { bounds, maximized } = readWindowState(stateFile)
  const window = new BrowserWindow({
    ...bounds,
    minWidth: smallestWindow.width,
    minHeight: smallestWindow.height,
    show: false,
    title: 'ABD Workbench',
    icon: join(__dirname, '..', '..', 'resources', 'icons', 'icon.png'),
    backgroundColor: nativeTheme.shouldUseDarkColors ? '#14161a' : '#ffffff',
    webPreferences: {
      preload: join(__dirname, '..', 'preload', 'preload.js'),
      sandbox: true,
      contextIsolation: true,
      nodeIntegration: false,
      webSecurity: true,
      spellcheck: false,
    },
  })
  const remember = rememberWindowState(window, stateFile)
  window.once('ready-to-show', () => {
    if (maximized) window.maximize()
    window.show()
  })
  // The page is one document; whatever would lead elsewhere is refused (links go through HostApi.openExternal).
  window.webContents.on('will-navigate', (event) => event.preventDefault())
  window.webContents.on('will-redirect', (event) => event.preventDefault())
  window.webContents.on('will-attach-webview', (event) => event.preventDefault())
  window.webContents.setWindowOpenHandler(() => ({ action: 'deny' }))
  void window.loadFile(page)
  return { window, remember }
}

/** No page needs camera, location or notifications of its own. Only the clipboard's writing side is left. */
export function refusePermissions(session: Session): void {
  session.setPermissionRequestHandler((_contents, permission, answer) =>
    answer(permission === 'clipboard-sanitized-write'),
  )
  session.setPermissionCheckHandler((_contents, permission) => permission === 'clipboard-sanitized-write')
}
