/** The menu bar: the platform's usual entries; what concerns the page is passed on to it. */
import { BrowserWindow, Menu, type MenuItemConstructorOptions } from 'electron'
import type { MenuCommand } from '../../shared/contract/window'
import { toPage } from './channels'

export interface MenuOptions {
  readonly quit: () => void
  readonly developer: boolean
  /** Null asks for a folder. */
  readonly openWorkspace: (folder: string | null) => void
  readonly recentWorkspaces: readonly string[]
}

export function setMenu({ quit, developer, openWorkspace, recentWorkspaces }: MenuOptions): void {
  const send = (command: MenuCommand) => (): void => {
    const window = BrowserWindow.getFocusedWindow() ?? BrowserWindow.getAllWindows()[0]
    window?.webContents.send(toPage.menu, command)
  }
  const template: MenuItemConstructorOptions[] = [
    {
      label: '&File',
      submenu: [
        { label: 'New experiment', accelerator: 'CmdOrCtrl+N', click: send('newExperiment') },
        { label: 'Open workspace…', accelerator: 'CmdOrCtrl+O', click: () => openWorkspace(null) },
        {
          label: 'Recent workspaces',
          enabled: recentWorkspaces.length > 0,
          submenu: recentWorkspaces.map((folder) => ({ label: folder, click: () => openWorkspace(folder) })),
        },
        { type: 'separator' },
        { label: 'Settings', accelerator: 'CmdOrCtrl+,', click: send('openSettings') },
        { type: 'separator' },
        { label: 'Close window', role: 'close' },
        { label: 'Quit', accelerator: 'CmdOrCtrl+Q', click: quit },
      ],
    },
    {
      label: '&Edit',
      submenu: [
        { role: 'undo' },
        { role: 'redo' },
        { type: 'separator' },
        { role: 'cut' },
        { role: 'copy' },
        { role: 'paste' },
        { role: 'selectAll' },
      ],
    },
    {
      label: '&View',
      submenu: [
        { label: 'Find a command', click: send('openPalette') },
        { type: 'separator' },
        { role: 'resetZoom' },
        { role: 'zoomIn' },
        { role: 'zoomOut' },
        { type: 'separator' },
        { role: 'togglefullscreen' },
        ...(developer
          ? [{ type: 'separator' as const }, { role: 'reload' as const }, { role: 'toggleDevTools' as const }]
          : []),
      ],
    },
    { label: '&Help', submenu: [{ label: 'Keyboard shortcuts', click: send('showShortcuts') }, { role: 'about' }] },
  ]
  Menu.setApplicationMenu(Menu.buildFromTemplate(template))
}
