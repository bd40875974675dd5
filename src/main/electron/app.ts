/** The desktop application: one instance per workspace, one window, an engine beside it. No logic of its own. */
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type BrowserWindow, app } from 'electron'
import type { MenuCommand } from '../../shared/contract'
import { describeError } from '../../shared/errors'
import { chooseNode, createEngineStarter, workspaceFolder, type StartedEngine } from '../host'
import { toPage } from './channels'
import { startBackground, trayIcon, type Background } from './background'
import { carryStorage, hasEarlierStorage } from './carryStorage'
import { askToPause, chooseWorkspace, showFailure } from './dialogs'
import { guardPages } from './guard'
import { serveHostApi } from './hostApi'
import { setMenu } from './menu'
import { openedFileOf } from './openedFile'
import { createPageIpc } from './pageIpc'
import { declareProtocols, serveProtocols } from './protocols'
import { startRelay } from './relay'
import { isOurPage, openWindow } from './window'
import { createRecentWorkspaces, openWorkspaceWindow, type RecentWorkspaces } from './workspaces'

export function startApplication(): void {
  // Without a handler Electron waits at a dialog for ever, also where nobody sees it.
  process.on('uncaughtException', (error) => {
    process.stderr.write(`${error.stack ?? error.message}\n`)
    app.exit(1)
  })
  process.on('unhandledRejection', (reason) =>
    process.stderr.write(`${reason instanceof Error ? (reason.stack ?? reason.message) : String(reason)}\n`),
  )
  const workspace = workspaceFolder(argumentOf('--workspace'))
  // One instance per workspace: its state and its lock lie apart.
  const userData = join(
    app.getPath('appData'),
    'abd-workbench',
    createHash('sha256').update(workspace).digest('hex').slice(0, 12),
  )
  mkdirSync(userData, { recursive: true })
  app.setPath('userData', userData)
  app.setName('ABD Workbench')
  if (!app.requestSingleInstanceLock()) {
    app.exit(0)
    return
  }
  declareProtocols()
  const recent = createRecentWorkspaces(join(dirname(userData), 'workspaces.json'))
  const application = new Application({ workspace, userData, recent, hasEarlierStorage: hasEarlierStorage(userData) })
  void app.whenReady().then(() => application.start())
}

/** A package brings a Node beside Electron, for the engine and for `abd`. */
function shippedNode(): string | null {
  const file = join(dirname(process.execPath), 'node')
  return existsSync(file) ? file : null
}

/** A package has the engine beside the window's archive, in which no Node could read it. */
function controlScript(): string {
  if (app.isPackaged) return join(process.resourcesPath, 'engine', 'out', 'main', 'control.js')
  return process.env.ABD_CONTROL ?? join(__dirname, 'control.js')
}

function argumentOf(name: string): string | undefined {
  const index = process.argv.indexOf(name)
  const attached = process.argv.find((argument) => argument.startsWith(`${name}=`))
  return attached?.slice(name.length + 1) ?? (index >= 0 ? process.argv[index + 1] : undefined)
}

interface ApplicationOptions {
  readonly workspace: string
  /** Electron's folder of this workspace's window. */
  readonly userData: string
  readonly recent: RecentWorkspaces
  readonly hasEarlierStorage: boolean
}

class Application {
  private window: BrowserWindow | null = null
  private rememberWindow: () => void = () => undefined
  private engine: StartedEngine | null = null
  private background: Background | null = null
  private quitting = false
  private asking = false

  constructor(private readonly options: ApplicationOptions) {}

  async start(): Promise<void> {
    serveProtocols()
    const { workspace, userData, recent } = this.options
    recent.note(workspace)
    const others = (): string[] => recent.list().filter((folder) => folder !== workspace)
    const openWorkspace = (folder: string | null): Promise<void> => this.openWorkspace(folder)
    setMenu({
      quit: () => void this.quit(),
      developer: !app.isPackaged,
      openWorkspace: (folder) =>
        void openWorkspace(folder).catch((error: unknown) =>
          showFailure('The workspace could not be opened.', describeError(error)),
        ),
      recentWorkspaces: others(),
    })
    app.on('second-instance', (_event, argv, folder) => {
      this.show()
      this.openFile(openedFileOf(argv, folder))
    })
    app.on('activate', () => this.show())
    // The engine outlives the window while a run trains; close() decides.
    app.on('window-all-closed', () => undefined)
    app.on('before-quit', (event) => {
      if (this.quitting) return
      event.preventDefault()
      void this.quit()
    })
    const starting = this.startEngine()
    const ipc = createPageIpc(isOurPage)
    serveHostApi(ipc, { recentWorkspaces: others, openWorkspace })
    startRelay(async () => (await starting).connect(), ipc)
    await carryStorage(userData, this.options.hasEarlierStorage)
    guardPages()
    this.show()
    this.openFile(openedFileOf(process.argv, process.cwd()))
    try {
      this.engine = await starting
    } catch (error) {
      await this.fail('ABD Workbench cannot start its engine.', describeError(error))
      return
    }
    this.attachBackground(this.engine)
  }

  /** In a window of its own; this one stays with its runs. */
  private async openWorkspace(folder: string | null): Promise<void> {
    const chosen = folder ?? (await chooseWorkspace(this.window))
    if (chosen === null) return
    if (chosen === this.options.workspace) this.show()
    else await openWorkspaceWindow(chosen)
  }

  /** The page asks what is to be done with it; one that still loads is told when it is there. */
  private openFile(path: string | null): void {
    const page = this.window?.webContents
    if (path === null || !page) return
    const tell = (): void => page.send(toPage.menu, `open:${path}` satisfies MenuCommand)
    if (page.isLoading()) page.once('did-finish-load', tell)
    else tell()
  }

  private startEngine(): Promise<StartedEngine> {
    return createEngineStarter({
      workspace: this.options.workspace,
      script: controlScript(),
      node: chooseNode({
        execPath: process.execPath,
        versions: process.versions,
        packaged: app.isPackaged,
        shippedNode: shippedNode(),
        env: process.env,
      }),
    }).start()
  }

  private attachBackground(engine: StartedEngine): void {
    this.background = startBackground({
      client: engine.client,
      iconFile: trayIcon(),
      show: () => this.show(),
      hasWindow: () => this.window !== null,
      quit: () => void this.quit(),
      // The last run ended with no window open: nothing is left to stay for.
      onIdle: () => {
        if (this.window === null) void this.quit()
      },
    })
    engine.onExit((kind, reason) => {
      if (kind === 'gaveUp')
        void this.fail('The engine ended again and again.', `${reason}\nIts log is logs/engine.log in the workspace.`)
    })
  }

  private show(): void {
    if (this.window) {
      if (this.window.isMinimized()) this.window.restore()
      this.window.show()
      this.window.focus()
      return
    }
    const { window, remember } = openWindow(join(this.options.userData, 'window.json'))
    this.window = window
    this.rememberWindow = remember
    window.on('closed', () => {
      this.window = null
      if (this.quitting) return
      // A closed window never stops a run.
      if (this.background?.active) this.background.tellHidden()
      else void this.quit()
    })
  }

  private async quit(): Promise<void> {
    if (this.quitting || this.asking) return
    this.asking = true
    const goOn = await this.mayQuit().finally(() => {
      this.asking = false
    })
    if (!goOn) return
    this.quitting = true
    this.rememberWindow()
    await this.endEngine()
    this.background?.dispose()
    app.exit(0)
  }

  /** Asks when a run trains; without a window to ask in, asking on its own. */
  private async mayQuit(): Promise<boolean> {
    const active = this.background?.active
    if (!active) return true
    return askToPause(this.window, active)
  }

  private async endEngine(): Promise<void> {
    const { engine, background } = this
    if (!engine) return
    // An engine that another program started is not ended here, but the run is paused as promised.
    const active = background?.active
    if (active && !engine.owned) await engine.client.call('runs.pause', { runId: active.id }).catch(() => undefined)
    await engine.dispose('shutdown').catch(() => undefined)
  }

  private async fail(title: string, detail: string): Promise<void> {
    await showFailure(title, detail)
    this.quitting = true
    app.exit(1)
  }
}
