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

/** Electron's first answer: undefined when it runs, else the line of its complaint that names what is missing. */
function electronComplaint(executable, run = spawnSync) {
  const result = run(executable, ['--version', '--no-sandbox'], { encoding: 'utf8', timeout: 20_000 })
  if (result.status === 0) return undefined
  return /error while loading shared libraries: ([^:]+)/.exec(result.stderr ?? '')?.[1] ?? `exit code ${result.status}`
}

/**
 * `{ executable, arguments }` where a window can open, else `{ reason }` in one line.
 * `ABD_ELECTRON` names another Electron.
 */
export function findDesktop({ environment = process.env, electron = environment.ABD_ELECTRON || installedElectron(), complain = electronComplaint, noSandbox = needsNoSandbox() } = {}) {
  if (electron === undefined) return { reason: 'Electron is not installed ("node tools/setup.mjs --retry-electron" fetches it)' }
  if (!environment.DISPLAY && !environment.WAYLAND_DISPLAY) return { reason: 'there is no display' }
  const complaint = complain(electron)
  if (complaint !== undefined) return { reason: `Electron cannot run here (${complaint}; Debian or Ubuntu: sudo apt-get install libnss3 libatk-bridge2.0-0 libgtk-3-0 libgbm1 libasound2)` }
  return { executable: electron, arguments: noSandbox ? ['--no-sandbox'] : [] }
}
