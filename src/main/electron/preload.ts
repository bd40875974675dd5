/** The window's only door to the outside: frames to the engine and the host's abilities. Sandboxed; no Node here. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { bridgeName, type MenuCommand, type WindowBridge } from '../../shared/contract/window'
import { fromPage, toPage } from './channels'

let onMessage: (channel: number, bytes: Uint8Array) => void = () => undefined
let onClose: (channel: number, reason: string) => void = () => undefined
let onMenu: (command: MenuCommand) => void = () => undefined

ipcRenderer.on(toPage.frame, (_event, channel: number, bytes: Uint8Array) => onMessage(channel, bytes))
ipcRenderer.on(toPage.closed, (_event, channel: number, reason: string) => onClose(channel, reason))
ipcRenderer.on(toPage.menu, (_event, command: MenuCommand) => onMenu(command))

/**
 * A navigation to about:blank and its like asks main of nothing; here it can be refused, before any script of the page.
 * Going from view to view stays in the document.
 */
interface NavigateEvent extends Event {
  readonly destination: { readonly sameDocument: boolean; readonly url: string }
  readonly navigationType: 'push' | 'replace' | 'reload' | 'traverse'
}
const { navigation } = globalThis as unknown as { navigation?: EventTarget }
navigation?.addEventListener('navigate', (event) => {
  const { destination, navigationType } = event as NavigateEvent
  if (!destination.sameDocument && navigationType !== 'reload') event.preventDefault()
})

/** Electron before 29 has no `webUtils`: it kept the path in the file. */
function pathOf(file: File & { path?: string }): string {
  const utilities = webUtils as typeof webUtils | undefined
  return utilities ? utilities.getPathForFile(file) : (file.path ?? '')
}

const bridge: WindowBridge = {
  open: () => ipcRenderer.invoke(fromPage.open) as Promise<number>,
  send: (channel, bytes) => ipcRenderer.send(fromPage.frame, channel, bytes),
  close: (channel) => ipcRenderer.send(fromPage.close, channel),
  onMessage: (listener) => {
    onMessage = listener
  },
  onClose: (listener) => {
    onClose = listener
  },
  onMenu: (listener) => {
    onMenu = listener
  },
  host: {
    kind: 'window',
    choosePath: (options) => ipcRenderer.invoke(fromPage.choosePath, options) as Promise<string | null>,
    pathOf: (file) => pathOf(file as File & { path?: string }) || null,
    saveFile: (options) => ipcRenderer.invoke(fromPage.saveFile, options) as Promise<boolean>,
    openExternal: (address) => ipcRenderer.invoke(fromPage.openExternal, address) as Promise<void>,
    copyText: (text) => ipcRenderer.invoke(fromPage.copyText, text) as Promise<void>,
    // The desktop decides whether it shows them; nobody is asked.
    notificationState: () => 'granted',
    askForNotifications: () => Promise.resolve(true),
    notify: (message) => ipcRenderer.invoke(fromPage.notify, message) as Promise<void>,
    setProgress: (fraction) => ipcRenderer.invoke(fromPage.setProgress, fraction) as Promise<void>,
    recentWorkspaces: () => ipcRenderer.invoke(fromPage.recentWorkspaces) as Promise<string[]>,
    openWorkspace: (folder) => ipcRenderer.invoke(fromPage.openWorkspace, folder) as Promise<void>,
    revealPath: (path) => ipcRenderer.invoke(fromPage.revealPath, path) as Promise<void>,
  },
}

contextBridge.exposeInMainWorld(bridgeName, bridge)
