/** Life without a window: runs go on, the machine stays awake, a tray entry where there is one, one notification. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Menu, Notification, Tray, nativeImage, powerSaveBlocker } from 'electron'
import type { RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'

export interface Background {
  /** The run that trains now, if any. */
  readonly active: RunSummary | null
  /** Tells once that the run goes on without a window. */
  tellHidden(): void
  dispose(): void
}

export interface BackgroundOptions { client: EngineClient; iconFile: string; show: () => void; quit: () => void; onIdle: () => void }

export function startBackground(options: BackgroundOptions): Background {
  const running = new Map<string, RunSummary>()
  let blocker: number | null = null
  let told = false
  const tray = createTray(options)

  const settle = (): void => {
    if (running.size > 0 && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
    if (running.size === 0 && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
      options.onIdle()
    }
    const [first] = running.values()
    tray?.setToolTip(first ? `ABD Workbench: ${first.name}` : 'ABD Workbench')
  }
  const see = (run: RunSummary): void => {
    const before = running.get(run.id)
    if (run.state === 'running') running.set(run.id, run)
    else running.delete(run.id)
    if ((before !== undefined) !== (run.state === 'running')) settle()
  }
  const load = async (): Promise<void> => {
    const runs = await options.client.call('runs.list', {})
    running.clear()
    for (const run of runs) if (run.state === 'running') running.set(run.id, run)
    settle()
  }
  const stops = [
    options.client.subscribe('run.changed', {}, ({ run }) => see(run)),
    // What happened while the engine was away shows in the list.
    options.client.onConnection((state) => { if (state === 'connected') void load().catch(() => undefined) }),
  ]
  void load().catch(() => undefined)
  return {
    get active() { return [...running.values()][0] ?? null },
    tellHidden() {
      if (told || !Notification.isSupported()) return
      told = true
      const notification = new Notification({ title: 'The run goes on', body: 'ABD Workbench keeps training in the background. Start it again to see the window.' })
      notification.on('click', options.show)
      notification.show()
    },
    dispose() {
      for (const stop of stops) stop()
      if (blocker !== null) powerSaveBlocker.stop(blocker)
      tray?.destroy()
    },
  }
}

function createTray({ iconFile, show, quit }: BackgroundOptions): Tray | null {
  if (!existsSync(iconFile)) return null
  try {
    const tray = new Tray(nativeImage.createFromPath(iconFile).resize({ width: 22, height: 22 }))
    tray.setContextMenu(Menu.buildFromTemplate([{ label: 'Show ABD Workbench', click: show }, { type: 'separator' }, { label: 'Quit', click: quit }]))
    tray.on('click', show)
    return tray
  } catch {
    // Desktops without a tray: starting the application again brings the window back.
    return null
  }
}

export const trayIcon = (): string => join(__dirname, '..', '..', 'resources', 'icons', 'tray.png')
