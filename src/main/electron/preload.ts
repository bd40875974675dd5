/** The window's only door to the outside: frames to the engine and the host's abilities. Sandboxed; no Node here. */
import { contextBridge, ipcRenderer, webUtils } from 'electron'
import { bridgeName, type MenuCommand, type WindowBridge } from '../../shared/contract/window'
import { channels } from './channels'

let onMessage: (channel: number, bytes: Uint8Array) => void = () => undefined
let onClose: (channel: number, reason: string) => void = () => undefined
let onMenu: (command: MenuCommand) => void = () => undefined

ipcRenderer.on(channels.frame, (_event, channel: number, bytes: Uint8Array) => onMessage(channel, bytes))
ipcRenderer.on(channels.closed, (_event, channel: number, reason: string) => onClose(channel, reason))
ipcRenderer.on(channels.menu, (_event, command: MenuCommand) => onMenu(command))

/** Electron before 29 has no `webUtils`: it kept the path in the file. */
function pathOf(file: File & { path?: string }): string {
  const utilities = webUtils as typeof webUtils | undefined
  return utilities ? utilities.getPathForFile(file) : (file.path ?? '')
}

const bridge: WindowBridge = {
  open: () => ipcRenderer.invoke(channels.open) as Promise<number>,
  send: (channel, bytes) => ipcRenderer.send(channels.frame, channel, bytes),
  close: (channel) => ipcRenderer.send(channels.close, channel),
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
    choosePath: (options) => ipcRenderer.invoke(channels.choosePath, options) as Promise<string | null>,
    pathOf: (file) => pathOf(file as File & { path?: string }) || null,
    saveFile: (options) => ipcRenderer.invoke(channels.saveFile, options) as Promise<boolean>,
    openExternal: (address) => ipcRenderer.invoke(channels.openExternal, address) as Promise<void>,
    copyText: (text) => ipcRenderer.invoke(channels.copyText, text) as Promise<void>,
    // The desktop decides whether it shows them; nobody is asked.
    notificationState: () => 'granted',
    askForNotifications: () => Promise.resolve(true),
    notify: (message) => ipcRenderer.invoke(channels.notify, message) as Promise<void>,
    setProgress: (fraction) => ipcRenderer.invoke(channels.setProgress, fraction) as Promise<void>,
    recentWorkspaces: () => ipcRenderer.invoke(channels.recentWorkspaces) as Promise<string[]>,
    openWorkspace: (folder) => ipcRenderer.invoke(channels.openWorkspace, folder) as Promise<void>,
    revealPath: (path) => ipcRenderer.invoke(channels.revealPath, path) as Promise<void>,
  },
}

contextBridge.exposeInMainWorld(bridgeName, bridge)
