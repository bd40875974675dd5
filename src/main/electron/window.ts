/** The window: locked down, remembered, and nothing but our page in it. */
import { join } from 'node:path'
import { BrowserWindow, nativeTheme, type IpcMainEvent, type IpcMainInvokeEvent } from 'electron'
import { loadPage } from './loadPage'
import { isPageUrl } from './pageAnswers'
import { readWindowState, rememberWindowState, smallestWindow } from './windowState'

/** Whether an IPC message comes from our page in its main frame. */
export function isOurPage(event: IpcMainEvent | IpcMainInvokeEvent): boolean {
  const { senderFrame } = event
  return senderFrame !== null && senderFrame.parent === null && isPageUrl(senderFrame.url)
}

/** For every window of ours; what is left out here has Electron's own default, which is the careful one. */
export const lockedDown = {
  sandbox: true,
  contextIsolation: true,
  nodeIntegration: false,
  webSecurity: true,
  webviewTag: false,
  spellcheck: false,
} as const

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
    webPreferences: { ...lockedDown, preload: join(__dirname, '..', 'preload', 'preload.js') },
  })
  const remember = rememberWindowState(window, stateFile)
  window.once('ready-to-show', () => {
    if (maximized) window.maximize()
    window.show()
  })
  loadPage(window.webContents)
  return { window, remember }
}
