/** node_modules from the lock file, installed when missing or stale. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { hashText, readJson, writeJsonAtomically } from '../../src/main/setup/files.mjs'
import { projectRoot } from './paths.mjs'
import { SetupError, formatSeconds, say } from '../../src/main/setup/report.mjs'

const stampName = '.abd-setup.json'

/** What the installed packages depend on; Node's major version counts because optional packages may differ. */
export function packagesKey(root = projectRoot) {
  return hashText(fs.readFileSync(path.join(root, 'package-lock.json')), process.versions.node.split('.')[0])
}

/** Whether npm's own record of what it installed says the same as the lock file (someone ran npm themselves). */
export function hiddenLockMatches(root) {
  const wanted = readJson(path.join(root, 'package-lock.json'))?.packages
  const installed = readJson(path.join(root, 'node_modules', '.package-lock.json'))?.packages
  if (!wanted || !installed) return false
  for (const [location, entry] of Object.entries(installed)) {
    if (wanted[location]?.version !== entry.version) return false
  }
  return Object.entries(wanted).every(
    ([location, entry]) =>
      location === '' ||
      entry.optional === true ||
      entry.devOptional === true ||
      installed[location]?.version === entry.version,
  )
}

/** 'fresh' (stamp matches), 'adopted' (npm's record matches, no stamp yet) or 'stale'. */
export function packagesState(root = projectRoot) {
  const stamp = readJson(path.join(root, 'node_modules', stampName))
  const key = packagesKey(root)
  if (stamp?.key === key) return 'fresh'
  return hiddenLockMatches(root) ? 'adopted' : 'stale'
}

export function markPackagesInstalled(root = projectRoot) {
  writeJsonAtomically(path.join(root, 'node_modules', stampName), { key: packagesKey(root) })
}

function npmCommand() {
  // npm_execpath is npm's own file while an npm script runs; it may also be another manager's, which cannot read the
  // lock file.
  const running = process.env.npm_execpath
  if (running && /npm-cli\.[cm]?js$/.test(running) && fs.existsSync(running)) return [process.execPath, [running]]
  return ['npm', []]
}

/** Installs from the lock file; npm's settings (registry, proxy, certificates) are its own business. */
export function installPackages(root = projectRoot) {
  const started = performance.now()
  say('Installing the npm packages from package-lock.json …')
  const [command, prefix] = npmCommand()
  const result = spawnSync(command, [...prefix, 'ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  })
  if (result.error?.code === 'ENOENT')
    throw new SetupError('npm was not found: install npm (it comes with Node, https://nodejs.org) and start again.')
  if (result.status !== 0) {
    throw new SetupError(
      "npm could not install the packages (its message is above): check the network, and npm's registry and proxy settings (npm config list), then start again.",
    )
  }
  markPackagesInstalled(root)
  say(`  packages installed in ${formatSeconds(performance.now() - started)}`)
}

/** Returns true when something had to be installed. */
export function preparePackages(root = projectRoot) {
  const state = packagesState(root)
  if (state === 'fresh') return false
  if (state === 'stale') installPackages(root)
  else markPackagesInstalled(root)
  return state === 'stale'
}
