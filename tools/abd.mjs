#!/usr/bin/env node
/** The command line: out/main/cli.js, built first when its sources changed. Its stdout is the command's alone. */
import path from 'node:path'
import { ensureBuilt } from './run/build.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { projectRoot } from './setup/paths.mjs'

async function main() {
  await ensureBuilt()
  return runInForeground(process.execPath, [path.join(projectRoot, 'out', 'main', 'cli.js'), ...process.argv.slice(2)])
}

main().then((code) => {
  process.exitCode = code
}, failWith)
