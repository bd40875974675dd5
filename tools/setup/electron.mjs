/** Electron's own download (its postinstall, which npm is told not to run), tried once and remembered when it fails. */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { readJson, writeJsonAtomically } from '../../src/main/setup/files.mjs'
import { projectRoot } from './paths.mjs'
import { formatSeconds, say } from '../../src/main/setup/report.mjs'

const failureName = '.abd-electron-failed.json'

/** The executable of the installed Electron, or undefined. */
export function installedElectron(root = projectRoot) {
  const directory = path.join(root, 'node_modules', 'electron')
  try {
    const version = fs.readFileSync(path.join(directory, 'dist', 'version'), 'utf8').replace(/^v/, '')
    if (version.trim() !== readJson(path.join(directory, 'package.json'))?.version) return undefined
    const executable = path.join(directory, 'dist', fs.readFileSync(path.join(directory, 'path.txt'), 'utf8'))
    return fs.existsSync(executable) ? executable : undefined
  } catch {
    return undefined
  }
}

/**
 * Runs Electron's installer; without it the interface is served to the browser, so a failure is one line, not an end.
 */
export function prepareElectron({ root = projectRoot, retry = false, run = spawnSync } = {}) {
  const directory = path.join(root, 'node_modules', 'electron')
  if (!fs.existsSync(path.join(directory, 'install.js')) || process.env.ELECTRON_SKIP_BINARY_DOWNLOAD) return false
  if (installedElectron(root) !== undefined) return false
  const version = readJson(path.join(directory, 'package.json'))?.version
  const failureFile = path.join(root, 'node_modules', failureName)
  if (!retry && readJson(failureFile)?.version === version) return false
  const started = performance.now()
  say(`Fetching Electron ${version} (about 115 MB) …`)
  const result = run(process.execPath, ['install.js'], {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
    timeout: 900_000,
  })
  if (result.status === 0 && installedElectron(root) !== undefined) {
    fs.rmSync(failureFile, { force: true })
    say(`  Electron ready in ${formatSeconds(performance.now() - started)}`)
    return true
  }
  writeJsonAtomically(failureFile, { version })
  say(
    '  Electron could not be fetched; the interface will be served to the browser instead ("node tools/setup.mjs --retry-electron" tries again).',
  )
  return true
}
