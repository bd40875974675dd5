/** Whether the desktop window can open here, and with which arguments. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { installedElectron } from '../setup/electron.mjs'

function readFlag(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/**
 * Chromium's sandbox refuses root, and needs user namespaces that some distributions keep from programs outside their
 * packages.
 */
export function needsNoSandbox({ userId = process.getuid?.(), read = readFlag } = {}) {
  return (
    userId === 0 ||
    read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1' ||
    read('/proc/sys/kernel/unprivileged_userns_clone') === '0'
  )
}

/** The first system library that Electron links and this system lacks. */
export function missingLibrary(executable, run = spawnSync) {
  const listing = run('ldd', [executable], { encoding: 'utf8', timeout: 20_000 })
  return /^\s*(\S+) => not found/m.exec(listing.stdout ?? '')?.[1]
}

/**
 * Why no window can open on the display that the environment names, or undefined. Only displays of this machine can be
 * looked at; one over the network is believed.
 */
export function displayFault(environment, exists = fs.existsSync) {
  const { DISPLAY: display, WAYLAND_DISPLAY: wayland } = environment
  if (!display && !wayland) return 'there is no display'
  if (wayland && exists(path.resolve(environment.XDG_RUNTIME_DIR ?? '/', wayland))) return undefined
  const number = /^:(\d+)(\.\d+)?$/.exec(display ?? '')?.[1]
  if (display && (number === undefined || exists(`/tmp/.X11-unix/X${number}`))) return undefined
  return `nothing answers at the display ${display ? `DISPLAY=${display}` : `WAYLAND_DISPLAY=${wayland}`}`
}

/**
 * `{ executable, arguments }` where a window can open, else `{ reason }` in one line.
 * `ABD_ELECTRON` names another Electron.
 */
export function findDesktop({
  environment = process.env,
  electron = environment.ABD_ELECTRON || installedElectron(),
  findMissing = missingLibrary,
  noSandbox = needsNoSandbox(),
  displayOf = displayFault,
} = {}) {
  if (electron === undefined)
    return { reason: 'Electron is not installed ("node tools/setup.mjs --retry-electron" fetches it)' }
  const fault = displayOf(environment)
  if (fault !== undefined) return { reason: fault }
  const missing = findMissing(electron)
  if (missing !== undefined)
    return {
      reason: `the system lacks ${missing}, which Electron needs (Debian or Ubuntu: sudo apt-get install libnss3 libatk-bridge2.0-0 libgtk-3-0 libgbm1 libasound2)`,
    }
  return { executable: electron, arguments: noSandbox ? ['--no-sandbox'] : [] }
}
