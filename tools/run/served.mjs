/** The built application, served, and a Chromium to look at it. */
import { spawn } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { chromium } from 'playwright-core'
import { projectRoot } from '../setup/paths.mjs'
import { SetupError } from '../../src/main/setup/report.mjs'
import { end, printed } from './child.mjs'

export const chromiumPath = [
  process.env.ABD_CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((file) => file !== undefined && fs.existsSync(file))

/** Errors: SetupError where there is none. */
export function launchChromium() {
  if (chromiumPath === undefined)
    throw new SetupError('There is no Chromium (apt-get install chromium); ABD_CHROMIUM names one that lies elsewhere.')
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking'],
  })
}

/**
 * An engine that serves this workspace, and its address with the token.
 * @param {string} workspace
 * @param {{ built?: string, env?: NodeJS.ProcessEnv }} options `built`: the folder of the built application
 */
export async function serveWorkspace(workspace, { built = path.join(projectRoot, 'out'), env = process.env } = {}) {
  const child = spawn(process.execPath, [path.join(built, 'main', 'serve.js'), '--workspace', workspace], {
    env,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const stop = () => end(child, 'SIGINT')
  try {
    const [address] = await printed(child, /http:\/\/\S+token=\S+/)
    return { address, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
