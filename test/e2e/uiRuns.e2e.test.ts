/** The list of runs in a real browser, over a generated workspace of two thousand runs. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { lightRun, makeWorkspace } from '../bench/views/workspace'
import { removeFolder } from '../fixtures/removeFolder'
import { describeServed, openServed, type Served } from './support/served'

const runCount = 2000
/** A busy machine takes its time. */
const patience = { timeout: 60_000 }

describeServed('the list of runs in a browser', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-runs-'))
  let served: Served
  let page: Page

  beforeAll(async () => {
    await makeWorkspace(workspace, runCount, { last: lightRun })
    served = await openServed(workspace)
    page = await served.open({ viewport: { width: 1100, height: 800 } })
    // The index of a workspace that it has never seen is made beside other work.
    await counts()
      .filter({ hasText: /^2.?000 runs$/ })
      .waitFor({ timeout: 120_000 })
  })
  afterAll(async () => {
    await served?.close()
    await removeFolder(workspace)
  })
  const counts = () => page.locator('header [role=status]')
  const grid = () => page.getByRole('grid', { name: 'Runs' })
  const rows = () => page.locator('[data-line]')
  const find = async (query: string, told: RegExp): Promise<void> => {
    await page.getByRole('combobox', { name: 'Find runs' }).fill(query)
    await page.keyboard.press('Escape')
    await expect.poll(() => counts().innerText(), patience).toMatch(told)
  }

  it('reaches the last of two thousand by the keyboard, with few elements in the page', async () => {
    await grid().focus()
    await page.keyboard.press('Control+End')
    const last = page.locator(`[data-line="${runCount - 1}"] a`)
    await last.waitFor(patience)
    expect(await last.innerText()).not.toBe('')
    expect(await page.locator('*').count()).toBeLessThan(3000)
    await page.keyboard.press('Control+Home')
    await page.locator('[data-line="0"] a').waitFor(patience)
  })

  it('keeps accuracy and ASR in sight at 1100 pixels, however long the names are', async () => {
    const results = page.locator('[data-line="1"] .student').first()
    const box = (await results.boundingBox())!
    expect(box.x + box.width).toBeLessThan(1100)
    expect(await results.innerText()).toMatch(/\d\.\d \/ \d/)
    const heights = await rows().evaluateAll((lines) =>
      lines.map((line) => (line as unknown as { offsetHeight: number }).offsetHeight),
    )
    expect(new Set(heights).size).toBe(1)
  })

  it('finds seed 1 alone with seed:1', async () => {
    await find('seed:1', /^\d+ of 2.?000 runs$/)
    await page.goto(page.url().replace(/#.*/, '#/?q=seed:1&by=seed'))
    await expect.poll(() => rows().count(), patience).toBe(1)
    expect(await rows().first().innerText()).toContain('Seed 1')
    await page.goto(page.url().replace(/#.*/, '#/?q=seed:1'))
    await expect.poll(() => rows().count(), patience).toBeGreaterThan(1)
  })

  it('says at its term what cannot be used, and offers what could be meant', async () => {
    await page.getByRole('combobox', { name: 'Find runs' }).fill('sed:1')
    await page.locator('.faults li').waitFor(patience)
    expect(await page.locator('.faults li').innerText()).toContain('sed')
    expect(await page.locator('.field .fault').innerText()).toContain('sed')
    await page.getByRole('combobox', { name: 'Find runs' }).fill('')
    await page.getByRole('combobox', { name: 'Find runs' }).pressSequentially('attac')
    await page.getByRole('option').first().waitFor(patience)
    await page.keyboard.press('Tab')
    expect(await page.getByRole('combobox', { name: 'Find runs' }).inputValue()).toMatch(/^attack:?/)
    await find('', /^2.?000 runs$/)
  })

  it('brings deleted runs back with Ctrl+Z', async () => {
    for (const line of [0, 1, 2]) await page.locator(`[data-line="${line}"] .tick`).click()
    await page.getByText('3 runs selected').waitFor(patience)
    await page.getByRole('button', { name: 'Delete' }).click()
    await expect.poll(() => counts().innerText(), patience).toMatch(/^1.?997 runs$/)
    await grid().focus()
    await page.keyboard.press('Control+z')
    await expect.poll(() => counts().innerText(), patience).toMatch(/^2.?000 runs$/)
  })

  it('selects all that match, archives them, and says so where nothing is left', async () => {
    await find('seed:2', /^\d+ of 2.?000 runs$/)
    await grid().focus()
    await page.keyboard.press('Control+a')
    await page.getByRole('button', { name: 'Archive', exact: true }).click()
    await page.getByText('No run matches').waitFor(patience)
    await grid().focus()
    await page.keyboard.press('Control+z')
    await expect.poll(() => rows().count(), patience).toBeGreaterThan(1)
    await find('', /^2.?000 runs$/)
    await page.getByRole('button', { name: 'Clear the selection' }).click()
  })

  it('shows the settings in which runs differ', async () => {
    await page.locator('[data-line="1"] .tick').click()
    await page.locator('[data-line="3"] .tick').click()
    await page.getByRole('button', { name: 'Differences' }).click()
    const dialog = page.getByRole('dialog')
    await dialog.locator('tbody tr').first().waitFor(patience)
    expect(await dialog.innerText()).toMatch(/settings? differs?/)
    await page.keyboard.press('Escape')
  })

  it('keeps a view under a name', async () => {
    await find('is:dead', /^\d+ of 2.?000 runs$/)
    await page.getByRole('button', { name: 'Views' }).click()
    await page.getByRole('textbox', { name: 'Name of the view' }).fill('Dead ones')
    await page.getByRole('button', { name: 'Save' }).click()
    await page.getByRole('button', { name: 'Dead ones', exact: true }).waitFor(patience)
    await find('', /^2.?000 runs$/)
    await page.getByRole('button', { name: 'Views', exact: true }).click()
    await page.locator('.views .view').click()
    await expect.poll(() => page.getByRole('combobox', { name: 'Find runs' }).inputValue(), patience).toBe('is:dead')
  })

  it('complains of nothing', () => {
    expect(served.complaints).toEqual([])
  })
})
