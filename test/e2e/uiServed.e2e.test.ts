import { mkdtempSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeFolder } from '../fixtures/removeFolder'
import { hasRuntime, missingRuntime } from './support/browser'
import { describeServed, openServed, type Served } from './support/served'
import { tokenOf } from './support/tab'
import { runMainJob } from './support/workbenchFlow'

describeServed('the interface in a browser', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-ui-'))
  let served: Served

  beforeAll(async () => {
    served = await openServed(workspace)
  })
  afterAll(async () => {
    await served?.close()
    await removeFolder(workspace)
  })

  it('asks for the token where none is known, and takes it out of the address', async () => {
    const { address, browser } = served
    const stranger = await browser.newContext()
    const page = await stranger.newPage()
    await page.goto(new URL('/', address).href)
    await page.getByRole('textbox', { name: 'Token' }).fill(tokenOf(address))
    await page.getByRole('button', { name: 'Open' }).click()
    await page.getByRole('button', { name: /^Run the demonstration/ }).waitFor()
    expect(page.url()).not.toContain('token')
    await stranger.close()
  })

  it('tells another server on this machine nothing, and opens again without the token in the address', async () => {
    const { address, browser } = served
    const heard: string[] = []
    const other = createServer(({ url, headers }, response) => {
      heard.push(JSON.stringify([url, headers]))
      response.end('<!doctype html>')
    })
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve))
    const context = await browser.newContext()
    const page = await context.newPage()
    const ready = (): Promise<void> => page.getByRole('button', { name: /^Run the demonstration/ }).waitFor()
    await page.goto(address)
    await ready()
    await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`)
    expect(heard.join()).not.toContain(tokenOf(address))
    expect(heard.join()).not.toContain(new URL(address).host)
    expect(heard.join()).not.toContain('cookie')
    await page.goBack()
    await ready()
    expect(page.url()).not.toContain(tokenOf(address))
    await page.goto(new URL('/', address).href)
    await page.reload()
    await ready()
    await context.close()
    other.close()
  })

  it.skipIf(!hasRuntime)(
    `does the main job, closed and opened again in the middle${hasRuntime ? '' : `: ${missingRuntime}`}`,
    async () => {
      const page = await served.open({ viewport: { width: 1280, height: 800 } })
      const last = await runMainJob(page, {
        async reopen(old) {
          const context = old.context()
          await old.close()
          const fresh = await context.newPage()
          await fresh.goto(served.address)
          return fresh
        },
      })
      const download = last.waitForEvent('download')
      await last.getByRole('button', { name: 'CSV' }).click()
      expect((await download).suggestedFilename()).toBe('abd-workbench-models.csv')
      expect(served.complaints).toEqual([])
    },
    600_000,
  )
})
