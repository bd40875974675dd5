#!/usr/bin/env node
/**
 * Opens the application: the desktop window, or where there is none (or with --serve) the same interface in the
 * browser.
 *
 *   node tools/start.mjs [--serve] [arguments of the application]
 */
import path from 'node:path'
import { ensureBuilt } from './run/build.mjs'
import { failWith, runInForeground } from './run/child.mjs'
import { findDesktop } from './run/desktop.mjs'
import { projectRoot } from './setup/paths.mjs'
import { say } from '../src/main/setup/report.mjs'

async function main() {
  const wantsServe = process.argv.includes('--serve')
  const rest = process.argv.slice(2).filter((argument) => argument !== '--serve')
  await ensureBuilt()
  const desktop = wantsServe ? { reason: undefined } : findDesktop()
  if (desktop.executable !== undefined) {
    // Electron may bring an older Node than the engine needs, so the engine runs on the one that started us.
    const environment = { ...process.env, ABD_NODE: process.execPath }
    return runInForeground(desktop.executable, [...desktop.arguments, projectRoot, ...rest], { env: environment })
  }
  if (desktop.reason !== undefined)
    say(`No desktop window: ${desktop.reason}. Serving the interface to the browser instead.`)
  return runInForeground(process.execPath, [path.join(projectRoot, 'out', 'main', 'serve.js'), ...rest])
}

main().then((code) => {
  process.exitCode = code
}, failWith)
