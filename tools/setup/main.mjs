/** The set-up's steps in order. Nothing here touches the network once everything is in place. */
import path from 'node:path'
import { explainFileError } from '../../src/main/setup/files.mjs'
import { acquireLock } from '../../src/main/setup/lock.mjs'
import { preparePackages } from './packages.mjs'
import { cacheDirectory, projectRoot } from './paths.mjs'
import { SetupError, formatSeconds, say } from '../../src/main/setup/report.mjs'

/** The steps themselves; each resolves to true when it had work to do. */
async function prepareAll({ root, cache, flags }) {
  const results = [preparePackages(root)]
  const { prepareTensorFlow } = await import('../../src/main/setup/tensorflow.mjs')
  results.push(await prepareTensorFlow({ root, cache }))
  const { prepareElectron } = await import('./electron.mjs')
  results.push(prepareElectron({ root, retry: flags.has('--retry-electron') }))
  return results.some(Boolean)
}

/** Runs the set-up and ends the process with 1 and one sentence where it cannot go on. */
export async function runSetup(parameters, { root = projectRoot, cache = cacheDirectory() } = {}) {
  const flags = new Set(parameters)
  const started = performance.now()
  let release
  try {
    release = await acquireLock(path.join(cache, 'setup.lock'))
    const worked = await prepareAll({ root, cache, flags })
    if (worked || !flags.has('--quiet')) say(`Set-up: ready (${formatSeconds(performance.now() - started)})`)
  } catch (error) {
    const explained = explainFileError(error)
    say(explained instanceof SetupError ? explained.message : `The set-up failed: ${explained?.stack ?? explained}`)
    process.exitCode = 1
  } finally {
    release?.()
  }
}
