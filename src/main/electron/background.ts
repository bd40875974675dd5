/** Life without a window: runs go on, the machine stays awake, a tray entry where there is one, and messages. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { Menu, Tray, nativeImage, powerSaveBlocker } from 'electron'
import type { RunSummary } from '../../shared/domain'
import type { EngineClient } from '../../shared/rpc'
import { watchActiveRuns } from './activeRuns'
import { watchEndings, type Ending } from './endings'
import { showNotification } from './notifications'

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
  /** Whether a window tells what ends. */
  hasWindow: () => boolean
}

export function startBackground(options: BackgroundOptions): Background {
  let told = false
  const tray = createTray(options)
  tray?.setToolTip('ABD Workbench')
  const wake = createWakeLock()
  const stopTelling = watchEndings(options.client, (ending) => {
    // A window tells for itself.
    if (!options.hasWindow()) void tellEnd(ending, options)
  })
  const runs = watchActiveRuns(options.client, (first) => {
    wake.hold(first !== null)
    tray?.setToolTip(first ? `ABD Workbench: ${first.name}` : 'ABD Workbench')
    if (first === null) options.onIdle()
  })
  return {
    get active() {
      return runs.first()
    },
    tellHidden() {
      if (told) return
      told = true
      showNotification({
        title: 'The run goes on',
        body: 'ABD Workbench keeps training in the background. Start it again to see the window.',
        onClick: options.show,
      })
    },
    dispose() {
      runs.stop()
      stopTelling()
      wake.hold(false)
      tray?.destroy()
    },
  }
}

async function tellEnd(ending: Ending, { client, show }: BackgroundOptions): Promise<void> {
  const settings = await client.call('engine.settings', {}).catch(() => null)
  if (settings?.notifications !== false) showNotification({ ...ending, onClick: show })
}

/** Keeps the machine from sleeping while it is held. */
function createWakeLock(): { hold(wanted: boolean): void } {
  let blocker: number | null = null
  return {
    hold(wanted) {
      if (wanted) blocker ??= powerSaveBlocker.start('prevent-app-suspension')
      else if (blocker !== null) {
        powerSaveBlocker.stop(blocker)
        blocker = null
      }
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
