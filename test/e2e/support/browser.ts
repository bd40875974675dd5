/** Where the tests find a Chromium, a display and the built application; each with the sentence for a skip. */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { end, printed } from '../../../tools/run/child.mjs'
import { findTestElectron } from './electron/get-electron.mjs'

export const projectRoot = resolve(import.meta.dirname, '../../..')
/** The built application; ABD_OUT names another build. */
export const builtFolder = process.env.ABD_OUT ?? join(projectRoot, 'out')

const xvfbPath = ['/usr/bin/Xvfb', '/usr/local/bin/Xvfb'].find((path) => existsSync(path))
export const electronPath: string | undefined = findTestElectron()
export const canOpenWindows =
  electronPath !== undefined && (process.env.DISPLAY !== undefined || xvfbPath !== undefined)
export const missingWindow =
  'needs Xvfb (apt-get install xvfb) and the Electron that "node test/e2e/support/electron/get-electron.mjs" fetches'

export const isBuilt =
  existsSync(join(builtFolder, 'main', 'serve.js')) && existsSync(join(builtFolder, 'renderer', 'index.html'))
export const missingBuild = 'needs the built application (npm run build)'
export const hasRuntime = existsSync(
  join(process.env.XDG_CACHE_HOME ?? join(process.env.HOME ?? '', '.cache'), 'abd-workbench', 'runtime.json'),
)
export const missingRuntime = 'needs the TensorFlow runtime (node tools/setup.mjs)'

/** The display to draw on: the session's, or an Xvfb of our own. */
export async function openDisplay(): Promise<{ display: string; close: () => Promise<void> }> {
  if (process.env.DISPLAY !== undefined) return { display: process.env.DISPLAY, close: () => Promise.resolve() }
  if (xvfbPath === undefined) throw new Error(missingWindow)
  const child = spawn(xvfbPath, ['-displayfd', '1', '-screen', '0', '1600x1100x24', '-nolisten', 'tcp'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const [, number = '99'] = await printed(child, /^(\d+)\s*$/m, 20)
  return { display: `:${number}`, close: () => end(child) }
}
