/** The built application served from a workspace, and a browser that looks at it. */
import { describe } from 'vitest'
import type { Browser, BrowserContextOptions, Page } from 'playwright-core'
import { chromiumPath, launchChromium, serveWorkspace } from '../../../tools/run/served.mjs'
import { builtFolder, isBuilt, missingBuild } from './browser'

const missing = !isBuilt
  ? missingBuild
  : chromiumPath === undefined
    ? 'needs Chromium (apt-get install chromium)'
    : null

/** Tests of the served page; skipped where it cannot be served or looked at, with the reason. */
export const describeServed = (title: string, tests: () => void): void => {
  describe.skipIf(missing !== null)(missing === null ? title : `${title}: ${missing}`, tests)
}

export interface Served {
  readonly address: string
  readonly browser: Browser
  /** What the pages of `open` have written to their consoles as errors, or thrown. */
  readonly complaints: readonly string[]
  /** A page in a context of its own, at the address. */
  open(options: BrowserContextOptions): Promise<Page>
  close(): Promise<void>
}

export async function openServed(workspace: string, env: NodeJS.ProcessEnv = process.env): Promise<Served> {
  const browser = await launchChromium()
  const { address, stop } = await serveWorkspace(workspace, { built: builtFolder, env }).catch(
    async (error: unknown) => {
      await browser.close()
      throw error
    },
  )
  const complaints: string[] = []
  return {
    address,
    browser,
    complaints,
    async open(options) {
      const context = await browser.newContext(options)
      context.on('console', (message) => {
        if (message.type() === 'error') complaints.push(message.text())
      })
      context.on('weberror', (error) => complaints.push(error.error().message))
      const page = await context.newPage()
      await page.goto(address)
      return page
    },
    async close() {
      await browser.close()
      await stop()
    },
  }
}
