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
import type { MenuCommand } from '../../shared/contract/window'
import { channels } from './channels'
import { showNotification } from './notifications'
import type { IsTrusted } from './relay'

type PathOptions = Parameters<HostApi['choosePath']>[0]
type SaveOptions = Parameters<HostApi['saveFile']>[0]
type Message = Parameters<HostApi['notify']>[0]

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

export interface HostServices {
  recentWorkspaces(): string[]
  /** Null asks for a folder. */
  openWorkspace(folder: string | null): Promise<void>
}

/** Of a message from the page: text, shortened, and a path of the page. */
function tell(window: BrowserWindow | null, message: Partial<Message>): void {
  const text = (value: unknown): string => (typeof value === 'string' ? value.slice(0, 300) : '')
  const [title, body, path] = [text(message.title), text(message.body), text(message.path)]
  const onClick = (): void => {
    if (!window || window.isDestroyed()) return
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
    if (path.startsWith('/')) window.webContents.send(channels.menu, `go:${path}` satisfies MenuCommand)
  }
  showNotification({ title, body, onClick })
}

export function serveHostApi(isTrusted: IsTrusted, services: HostServices): void {
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
  handle(channels.notify, (window, message: Message) => tell(window, message))
  handle(channels.setProgress, (window, fraction: unknown) => {
    const known = typeof fraction === 'number' && fraction >= 0 && fraction <= 1
    // Below zero there is no bar.
    window?.setProgressBar(known ? fraction : -1)
  })
  handle(channels.recentWorkspaces, () => services.recentWorkspaces())
  handle(channels.openWorkspace, (_window, folder: unknown) =>
    services.openWorkspace(typeof folder === 'string' ? folder : null),
  )
  handle(channels.copyText, (_window, text: string) => clipboard.writeText(String(text)))
  handle(channels.revealPath, (_window, path: string) => {
    if (typeof path === 'string' && isAbsolute(path) && existsSync(path)) shell.showItemInFolder(path)
  })
}
