/** Whether the desktop window can open here, and with which arguments. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import { installedElectron } from '../setup/electron.mjs'

function readFlag(file) {
  try {
    return fs.readFileSync(file, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Chromium's sandbox refuses root, and needs user namespaces that some distributions keep from programs outside their packages. */
export function needsNoSandbox({ userId = process.getuid?.(), read = readFlag } = {}) {
  return userId === 0
    || read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1'
    || read('/proc/sys/kernel/unprivileged_userns_clone') === '0'
}

/** The first system library that Electron links and this system lacks. */
export function missingLibrary(executable, run = spawnSync) {
  const listing = run('ldd', [executable], { encoding: 'utf8', timeout: 20_000 })
  return /^\s*(\S+) => not found/m.exec(listing.stdout ?? '')?.[1]
}

/**
 * `{ executable, arguments }` where a window can open, else `{ reason }` in one line.
 * `ABD_ELECTRON` names another Electron.
 */
export function findDesktop({ environment = process.env, electron = environment.ABD_ELECTRON || installedElectron(), findMissing = missingLibrary, noSandbox = needsNoSandbox() } = {}) {
  if (electron === undefined) return { reason: 'Electron is not installed ("node tools/setup.mjs --retry-electron" fetches it)' }
  if (!environment.DISPLAY && !environment.WAYLAND_DISPLAY) return { reason: 'there is no display' }
  const missing = findMissing(electron)
  if (missing !== undefined) return { reason: `the system lacks ${missing}, which Electron needs (Debian or Ubuntu: sudo apt-get install libnss3 libatk-bridge2.0-0 libgtk-3-0 libgbm1 libasound2)` }
  return { executable: electron, arguments: noSandbox ? ['--no-sandbox'] : [] }
}
