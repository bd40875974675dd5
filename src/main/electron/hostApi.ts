/** What the page may ask of the window: dialogs, the clipboard, the browser, messages. */
import { existsSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { basename, isAbsolute } from 'node:path'
import { BrowserWindow, clipboard, dialog, shell, type OpenDialogOptions, type WebContents } from 'electron'
import type { HostApi } from '../../shared/contract/host'
import type { MenuCommand } from '../../shared/contract/window'
import { toPage } from './channels'
import { askToOpen } from './dialogs'
import { judgeAddress } from './externalAddresses'
import { showNotification } from './notifications'
import type { PageIpc } from './pageIpc'

type PathOptions = Parameters<HostApi['choosePath']>[0]
type Message = Parameters<HostApi['notify']>[0]

const propertiesOf: Record<PathOptions['select'], OpenDialogOptions['properties']> = {
  file: ['openFile'],
  folder: ['openDirectory', 'createDirectory'],
  // GTK's chooser takes one kind; a folder's archive lies beside it, so files it is where both are allowed.
  fileOrFolder: ['openFile', 'openDirectory'],
}

export interface HostServices {
  recentWorkspaces(): string[]
  /** Null asks for a folder. */
  openWorkspace(folder: string | null): Promise<void>
}

const windowOf = (sender: WebContents): BrowserWindow | null => BrowserWindow.fromWebContents(sender)

/** A message beside the window; clicking on it leads to its path of the page. */
function tell(window: BrowserWindow | null, message: Message): void {
  const [title, body] = [message.title.slice(0, 300), message.body.slice(0, 300)]
  const { path } = message
  const onClick = (): void => {
    if (!window || window.isDestroyed()) return
    if (window.isMinimized()) window.restore()
    window.show()
    window.focus()
    if (path.startsWith('/')) window.webContents.send(toPage.menu, `go:${path}` satisfies MenuCommand)
  }
  showNotification({ title, body, onClick })
}

async function choosePath(window: BrowserWindow | null, options: PathOptions): Promise<string | null> {
  const { select, title, extensions } = options
  const chooser: OpenDialogOptions = {
    title,
    properties: propertiesOf[select],
    filters: extensions?.length
      ? [
          { name: extensions.join(', '), extensions },
          { name: 'All files', extensions: ['*'] },
        ]
      : undefined,
  }
  const { canceled, filePaths } = await (window
    ? dialog.showOpenDialog(window, chooser)
    : dialog.showOpenDialog(chooser))
  return canceled ? null : (filePaths[0] ?? null)
}

async function openExternal(window: BrowserWindow | null, wanted: string): Promise<void> {
  const verdict = judgeAddress(wanted)
  if (verdict.kind === 'refuse') throw new Error(verdict.reason)
  if (verdict.kind === 'open' || (await askToOpen(window, verdict.address))) await shell.openExternal(verdict.address)
}

export function serveHostApi(ipc: PageIpc, services: HostServices): void {
  ipc.answer('choosePath', (sender, options) => choosePath(windowOf(sender), options))
  ipc.answer('saveFile', async (sender, { name, data }) => {
    const window = windowOf(sender)
    const options = { defaultPath: basename(name) }
    const { canceled, filePath } = await (window
      ? dialog.showSaveDialog(window, options)
      : dialog.showSaveDialog(options))
    if (canceled || !filePath) return false
    await writeFile(filePath, data)
    return true
  })
  ipc.answer('openExternal', (sender, address) => openExternal(windowOf(sender), address))
  ipc.answer('notify', (sender, message) => tell(windowOf(sender), message))
  // Below zero there is no bar.
  ipc.answer('setProgress', (sender, fraction) => windowOf(sender)?.setProgressBar(fraction ?? -1))
  ipc.answer('recentWorkspaces', () => services.recentWorkspaces())
  ipc.answer('openWorkspace', (_sender, folder) => {
    // Any other folder is chosen in a dialog, not by a page.
    if (folder !== null && !services.recentWorkspaces().includes(folder))
      throw new Error(`${folder} is none of the workspaces that were open before: choose it with "Open workspace…".`)
    return services.openWorkspace(folder)
  })
  ipc.answer('copyText', (_sender, text) => clipboard.writeText(text))
  ipc.answer('revealPath', (_sender, path) => {
    if (isAbsolute(path) && existsSync(path)) shell.showItemInFolder(path)
  })
}
