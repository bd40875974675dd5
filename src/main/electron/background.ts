/** Life without a window: runs go on, the machine stays awake, a tray entry where there is one, one notification. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Menu, Notification, Tray, nativeImage, powerSaveBlocker } from 'electron'
import type { RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'

export interface Background {
  /** The run that trains now, or the first that waits for its turn, if any. */
  readonly active: RunSummary | null
  /** Tells once that the run goes on without a window. */
  tellHidden(): void
  dispose(): void
}

export interface BackgroundOptions {
  client: EngineClient
  iconFile: string
  show: () => void
  quit: () => void
  onIdle: () => void
}

/** A waiting run counts: between two runs of the queue nothing is over. */
const isActive = (run: RunSummary): boolean => run.state === 'running' || run.state === 'queued'

export function startBackground(options: BackgroundOptions): Background {
  const active = new Map<string, RunSummary>()
  let blocker: number | null = null
  let told = false
  const tray = createTray(options)

  const firstActive = (): RunSummary | null => {
    const runs = [...active.values()]
    return runs.find((run) => run.state === 'running') ?? runs[0] ?? null
  }
  const settle = (): void => {
    if (active.size > 0 && blocker === null) blocker = powerSaveBlocker.start('prevent-app-suspension')
    if (active.size === 0 && blocker !== null) {
      powerSaveBlocker.stop(blocker)
      blocker = null
      options.onIdle()
    }
    const first = firstActive()
    tray?.setToolTip(first ? `ABD Workbench: ${first.name}` : 'ABD Workbench')
  }
  const see = (run: RunSummary): void => {
    const before = active.get(run.id)
    if (isActive(run)) active.set(run.id, run)
    else active.delete(run.id)
    if (before?.state !== run.state) settle()
  }
  const load = async (): Promise<void> => {
    const runs = await options.client.call('runs.list', {})
    active.clear()
    for (const run of runs) if (isActive(run)) active.set(run.id, run)
    settle()
  }
  const stops = [
    options.client.subscribe('run.changed', {}, ({ run }) => see(run)),
    // What happened while the engine was away shows in the list.
    options.client.onConnection((state) => {
      if (state === 'connected') void load().catch(() => undefined)
    }),
  ]
  void load().catch(() => undefined)
  return {
    get active() {
      return firstActive()
    },
    tellHidden() {
      if (told || !Notification.isSupported()) return
      told = true
      const notification = new Notification({
        title: 'The run goes on',
        body: 'ABD Workbench keeps training in the background. Start it again to see the window.',
      })
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
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Show ABD Workbench', click: show },
        { type: 'separator' },
        { label: 'Quit', click: quit },
      ]),
    )
    tray.on('click', show)
    return tray
  } catch {
    // Desktops without a tray: starting the application again brings the window back.
    return null
  }
}

export const trayIcon = (): string => join(__dirname, '..', '..', 'resources', 'icons', 'tray.png')
