import { spawn, type ChildProcess } from 'node:child_process'
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { chromium, type Browser, type BrowserContext } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { removeFolder } from '../fixtures/removeFolder'
import {
  builtFolder,
  chromiumFlags,
  chromiumPath,
  end,
  hasRuntime,
  isBuilt,
  missingBuild,
  missingChromium,
  missingRuntime,
  printed,
} from './support/browser'
import { runMainJob } from './support/workbenchFlow'

const missing = !isBuilt ? missingBuild : chromiumPath === undefined ? missingChromium : null

describe.skipIf(missing !== null)(`the interface in a browser${missing === null ? '' : `: ${missing}`}`, () => {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-ui-'))
  let server: ChildProcess
  let browser: Browser
  let context: BrowserContext
  let address: string
  const complaints: string[] = []

  beforeAll(async () => {
    server = spawn(process.execPath, [join(builtFolder, 'main', 'serve.js'), '--workspace', workspace], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    address = (await printed(server, /http:\/\/\S+token=\S+/))[0]
    browser = await chromium.launch({ executablePath: chromiumPath!, args: chromiumFlags })
    context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
    context.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text())
    })
    context.on('weberror', (error) => complaints.push(error.error().message))
  })
  afterAll(async () => {
    await browser?.close()
    if (server) await end(server, 'SIGINT')
    await removeFolder(workspace)
  })

  it('asks for the token where none is known, and takes it out of the address', async () => {
    const stranger = await browser.newContext()
    const page = await stranger.newPage()
    await page.goto(address.split('?')[0]!)
    await page.getByRole('textbox', { name: 'Token' }).fill(new URL(address).searchParams.get('token')!)
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('button', { name: /^Run the quick experiment/ }).waitFor()
    expect(page.url()).not.toContain('token')
    await stranger.close()
  })

  it.skipIf(!hasRuntime)(
    `does the main job, closed and opened again in the middle${hasRuntime ? '' : `: ${missingRuntime}`}`,
    async () => {
      const page = await context.newPage()
      await page.goto(address)
      const last = await runMainJob(page, {
        async reopen(old) {
          await old.close()
          const fresh = await context.newPage()
          await fresh.goto(address)
          return fresh
        },
      })
      const download = last.waitForEvent('download')
      await last.getByRole('button', { name: 'CSV' }).click()
      expect((await download).suggestedFilename()).toBe('abd-workbench-models.csv')
      expect(complaints).toEqual([])
    },
    600_000,
  )
})
