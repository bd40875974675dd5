#!/usr/bin/env node
/**
 * `npm run package`: what a user installs, into dist/: a .deb and an archive with an install script.
 *
 *   node tools/package.mjs [--only deb|archive|folder]
 *
 * ELECTRON_DIST names the folder of another Electron, ZIG a command that is zig. See docs/packaging.md.
 */
import fs from 'node:fs'
import path from 'node:path'
import { formatBytes, formatSeconds, say } from '../src/main/setup/report.mjs'
import { readJson } from '../src/main/setup/files.mjs'
import { makeApplication } from './package/application.mjs'
import { makeArchive } from './package/archive.mjs'
import { makeDeb } from './package/deb.mjs'
import { ensureBuilt } from './run/build.mjs'
import { failWith } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

const kinds = ['deb', 'archive', 'folder']

function readOnly(parameters) {
  const at = parameters.indexOf('--only')
  const only = at < 0 ? undefined : parameters[at + 1]
  if (at >= 0 && !kinds.includes(only)) throw new Error(`--only takes one of ${kinds.join(', ')}`)
  return (kind) => only === undefined || only === kind
}

async function main() {
  const wants = readOnly(process.argv.slice(2))
  const { version } = readJson(path.join(projectRoot, 'package.json'))
  const folder = path.join(projectRoot, 'dist')
  const application = path.join(folder, 'abd-workbench')
  const icon = fs.readFileSync(path.join(projectRoot, 'resources', 'icons', 'icon.png'))
  await ensureBuilt()
  const timed = (what, work) => {
    const started = performance.now()
    const file = work()
    if (file === undefined) return say(`${what}: left out, its tool is not here.`)
    say(`${file} (${formatBytes(fs.statSync(file).size)}) in ${formatSeconds(performance.now() - started)}`)
  }
  say('Putting the application together …')
  await makeApplication(projectRoot, application)
  const work = path.join(folder, 'work')
  const deb = path.join(folder, `abd-workbench_${version}_amd64.deb`)
  if (wants('deb')) timed('The .deb', () => makeDeb({ application, version, icon, target: deb, work }))
  if (wants('archive')) timed('The archive', () => makeArchive({ application, version, icon, folder, work }))
}

main().catch(failWith)
