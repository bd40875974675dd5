/** Every view in both themes without a violation that axe knows; what is said aloud; every width. */
import { mkdtempSync, readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { lightRun, makeWorkspace } from '../bench/views/workspace'
import { createFakeWorkspace, type FakeWorkspace } from '../fixtures/processes'
import { removeFolder } from '../fixtures/removeFolder'
import { builtFolder } from './support/browser'
import { describeServed, openServed, type Served } from './support/served'
import { everyView, openRoute, untouredViews } from './support/views.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')

interface Found {
  readonly violations: readonly { readonly id: string; readonly nodes: readonly { readonly html: string }[] }[]
}
/** What axe finds, one line a rule; empty where all is well. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe)
  const found = (await page.evaluate("axe.run({ resultTypes: ['violations'] })")) as Found
  return found.violations.map(({ id, nodes }) => `${id} ×${nodes.length}: ${nodes[0]?.html.slice(0, 160) ?? ''}`)
}

/** What a person with a narrow window or a large zoom would miss. */
const missed = (page: Page): Promise<string[]> =>
  page.evaluate(`(() => {
    const found = []
    const root = document.documentElement
    if (root.scrollWidth > innerWidth + 1) {
      const wide = [...document.querySelectorAll('*')].filter((element) => element.getBoundingClientRect().right > innerWidth + 1)
      found.push('the page is ' + root.scrollWidth + ' px wide: ' + wide.slice(-3).map((element) => element.outerHTML.slice(0, 120)).join(' | '))
    }
    for (const element of document.querySelectorAll('main input, main select, main textarea, main [role=combobox], h1')) {
      if (element.closest('.visually-hidden, .p-hidden-accessible, [hidden]') || element.type === 'checkbox') continue
      if (element.type === 'file' || element.type === 'radio') continue
      const style = getComputedStyle(element)
      if (style.visibility === 'hidden' || style.opacity === '0' || element.offsetParent === null) continue
      const { width } = element.getBoundingClientRect()
      if (width < 24) found.push((element.id || element.className || element.tagName) + ' is ' + Math.round(width) + ' px wide')
      if (element.tagName === 'H1' && element.scrollWidth > element.clientWidth + 1) found.push('the heading is cut')
    }
    return found
  })()`)

describeServed('every view', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-access-'))
  let served: Served

  beforeAll(async () => {
    await makeWorkspace(workspace, 40, { last: lightRun })
    served = await openServed(workspace)
  })
  afterAll(async () => {
    await served?.close()
    await removeFolder(workspace)
  })

  async function open(options: { width: number; theme: 'light' | 'dark' }): Promise<{ page: Page; run: string }> {
    const page = await served.open({
      viewport: { width: options.width, height: 900 },
      colorScheme: options.theme,
      reducedMotion: 'reduce',
    })
    const link = page.locator('a[href*="#/runs/"]').first()
    await link.waitFor({ state: 'attached' })
    const run = (await link.getAttribute('href'))?.split('/').at(-1) ?? ''
    return { page, run }
  }

  // Together: a page that waits leaves the machine to the others.
  it.concurrent.each([
    { width: 1440, theme: 'light', complaints: true },
    { width: 960, theme: 'dark', complaints: true },
    { width: 700, theme: 'light', complaints: false },
    { width: 2560, theme: 'dark', complaints: false },
  ] as const)('has no fault, $theme, $width pixels wide', async ({ width, theme, complaints }) => {
    const { page, run } = await open({ width, theme })
    const found: Record<string, string[]> = {}
    for (const { name, go, leave } of [...everyView({ run }), ...untouredViews({ run })]) {
      await go(page)
      const list = [...(await missed(page)), ...(complaints ? await violations(page) : [])]
      if (list.length > 0) found[name] = list
      await leave?.(page)
    }
    expect(found).toEqual({})
    await page.close()
  })

  it.concurrent('opens the list of a choice below its field where motion is reduced', async () => {
    const { page } = await open({ width: 1440, theme: 'light' })
    await openRoute(page, '/new')
    const field = page.locator('.p-select:visible').first()
    await field.click()
    const list = page.locator('.p-select-overlay')
    /** How far the list's left edge is from the field's. */
    const apart = async (): Promise<number> => {
      const [above, below] = [await field.boundingBox(), await list.boundingBox()]
      return above && below ? Math.abs(above.x - below.x) : Number.POSITIVE_INFINITY
    }
    await expect.poll(apart, { timeout: 10_000 }).toBeLessThan(2)
    await page.close()
  })
})

describeServed('what is said aloud', () => {
  let workspace: FakeWorkspace
  let served: Served

  beforeAll(async () => {
    workspace = await createFakeWorkspace({
      ABD_FAKE_STATIC: join(builtFolder, 'renderer'),
      ABD_FAKE_STEP_MS: '4',
    })
    served = await openServed(workspace.folder, workspace.env)
  })
  afterAll(async () => {
    await served?.close()
    await workspace?.clean()
  })

  it('tells the states of a run to a screen reader', async () => {
    const page = await served.open({ viewport: { width: 1280, height: 800 } })
    const protocol = await page.context().newCDPSession(page)
    await protocol.send('Accessibility.enable')
    /** The text of the status regions, as the accessibility tree has it. */
    const heard = async (): Promise<string> => {
      const { nodes } = await protocol.send('Accessibility.getFullAXTree')
      const byId = new Map(nodes.map((node) => [node.nodeId, node]))
      const textOf = (id: string): string => {
        const node = byId.get(id)
        if (node?.role?.value === 'StaticText') return String(node.name?.value ?? '')
        return (node?.childIds ?? []).map(textOf).join('')
      }
      return nodes
        .filter(({ role, ignored }) => role?.value === 'status' && !ignored)
        .map(({ nodeId }) => textOf(nodeId))
        .join(' ')
    }
    await page.getByRole('button', { name: /^Run the demonstration/ }).click()
    await expect.poll(heard, { timeout: 30_000, interval: 300 }).toMatch(/is running\./)
    await expect.poll(heard, { timeout: 120_000, interval: 300 }).toMatch(/is done\. Last model: accuracy/)
  })
})
