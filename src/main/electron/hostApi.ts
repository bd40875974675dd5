/** The abilities of a window: dialogs, clipboard, links, folders. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import {
  BrowserWindow,
  clipboard,
  dialog,
  ipcMain,
  shell,
  type IpcMainInvokeEvent,
  type OpenDialogOptions,
} from 'electron'
import type { HostApi } from '../../shared/contract/host'
import { channels } from './channels'
import type { IsTrusted } from './relay'

type PathOptions = Parameters<HostApi['choosePath']>[0]
type SaveOptions = Parameters<HostApi['saveFile']>[0]

const propertiesOf: Record<PathOptions['select'], OpenDialogOptions['properties']> = {
  file: ['openFile'],
  folder: ['openDirectory', 'createDirectory'],
  // GTK's chooser takes one kind; a folder's archive lies beside it, so files it is where both are allowed.
  fileOrFolder: ['openFile', 'openDirectory'],
}

/** Only what a browser would open, and never a program of this machine. */
const isWebAddress = (address: string): boolean => {
  try {
    return ['https:', 'http:', 'mailto:'].includes(new URL(address).protocol)
  } catch {
    return false
  }
}

export function serveHostApi(isTrusted: IsTrusted): void {
  const handle = <Argument, Result>(
    channel: string,
    work: (window: BrowserWindow | null, argument: Argument) => Promise<Result> | Result,
  ): void => {
    ipcMain.handle(channel, (event: IpcMainInvokeEvent, argument: Argument) => {
      if (!isTrusted(event)) throw new Error('This page may not ask for that.')
      return work(BrowserWindow.fromWebContents(event.sender), argument)
    })
  }
  handle(channels.choosePath, async (window, { select, title, extensions }: PathOptions) => {
    const options: OpenDialogOptions = {
      title: String(title),
      properties: propertiesOf[select],
      filters: extensions?.length
        ? [
            { name: extensions.join(', '), extensions },
            { name: 'All files', extensions: ['*'] },
          ]
        : undefined,
    }
    const { canceled, filePaths } = await (window
      ? dialog.showOpenDialog(window, options)
      : dialog.showOpenDialog(options))
    return canceled ? null : (filePaths[0] ?? null)
  })
  handle(channels.saveFile, async (window, { name, data }: SaveOptions) => {
    const options = { defaultPath: basename(String(name)) }
    const { canceled, filePath } = await (window
      ? dialog.showSaveDialog(window, options)
      : dialog.showSaveDialog(options))
    if (canceled || !filePath) return false
    await writeFile(filePath, data)
    return true
  })
  handle(channels.openExternal, async (_window, address: string) => {
    if (!isWebAddress(address)) throw new Error('Only web addresses are opened.')
    await shell.openExternal(address)
  })
  handle(channels.copyText, (_window, text: string) => clipboard.writeText(String(text)))
  handle(channels.revealPath, (_window, path: string) => {
    if (typeof path === 'string' && isAbsolute(path) && existsSync(path)) shell.showItemInFolder(path)
  })
}
