/** The form of a new experiment in a real browser: steps, search, gallery, undo, and files dropped on the window. */
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { removeFolder } from '../fixtures/removeFolder'
import { describeServed, openServed, type Served } from './support/served'

/** A busy machine takes its time. */
const patience = { timeout: 15_000 }

describeServed('the form in a browser', () => {
  const workspace = mkdtempSync(join(tmpdir(), 'abd-form-'))
  let served: Served
  let page: Page

  beforeAll(async () => {
    served = await openServed(workspace)
    page = await served.open({ viewport: { width: 1440, height: 900 } })
    await page.getByRole('link', { name: 'New experiment' }).click()
    await page.locator('#section-data').waitFor()
  })
  afterAll(async () => {
    await served?.close()
    await removeFolder(workspace)
  })
  const current = () => page.locator('nav.steps [aria-current=step]')
  const field = (path: string) => page.locator(`[data-path="${path}"] input`)
  const drop = async (name: string, content: string): Promise<void> => {
    const data = await page.evaluateHandle(
      ({ name: fileName, content: text }) => {
        const { DataTransfer, File } = globalThis as unknown as {
          DataTransfer: new () => { items: { add(file: unknown): void } }
          File: new (parts: string[], name: string) => unknown
        }
        const transfer = new DataTransfer()
        transfer.items.add(new File([text], fileName))
        return transfer
      },
      { name, content },
    )
    await page.dispatchEvent('body', 'dragenter', { dataTransfer: data })
    await page.getByText('Drop to open').waitFor()
    await page.dispatchEvent('body', 'drop', { dataTransfer: data })
  }

  it('follows the scroll with its steps, and scrolls to the one that is chosen', async () => {
    await expect.poll(() => current().innerText(), patience).toContain('Data')
    await page.locator('#section-poisoning').evaluate((section) => section.scrollIntoView())
    await expect.poll(() => current().innerText(), patience).toContain('Poisoning')
    await page
      .getByRole('button', { name: /^Distillation/ })
      .or(page.locator('nav.steps button').nth(4))
      .first()
      .click()
    await expect.poll(() => current().innerText(), patience).toContain('Distillation')
  })

  it('finds a folded parameter by the keyboard alone, and shows it', async () => {
    await page.locator('h1').click()
    await page.keyboard.press('/')
    await page.keyboard.type('too')
    await page.keyboard.press('Enter')
    const found = page.locator('[data-path="poisoning.trainOnHoldout"]')
    await found.waitFor()
    await expect.poll(() => found.evaluate((row) => row.contains(row.ownerDocument.activeElement)), patience).toBe(true)
  })

  it('draws the attacks on real images; one is chosen with the arrow keys', async () => {
    await page.locator('nav.steps button').nth(1).click()
    const tiles = page.locator('.gallery .tile')
    await expect.poll(() => tiles.first().locator('canvas').count(), patience).toBe(3)
    await page.locator('.gallery input:checked').focus()
    const before = await page.locator('.gallery input:checked').getAttribute('value')
    await page.keyboard.press('ArrowRight')
    await expect.poll(() => page.locator('.gallery input:checked').getAttribute('value'), patience).not.toBe(before)
  })

  it('takes a reset back with Ctrl+Z', async () => {
    await field('poisoning.ratio').fill('0.31')
    await page.getByRole('button', { name: 'Reset Poisoning' }).click()
    expect(await field('poisoning.ratio').inputValue()).toBe('0.1')
    await page.locator('h1').click()
    await page.keyboard.press('Control+z')
    expect(await field('poisoning.ratio').inputValue()).toBe('0.31')
  })

  it('with errors, Start leads to the first', async () => {
    await field('recording.evaluateEvery').fill('0')
    await field('poisoning.ratio').fill('9')
    await page.locator('[data-path="poisoning.ratio"] [role=alert]').waitFor()
    await page.keyboard.press('Control+Enter')
    await expect
      .poll(() => field('poisoning.ratio').evaluate((input) => input === input.ownerDocument.activeElement), patience)
      .toBe(true)
  })

  it('opens what is dropped: a configuration, and weights whose path it asks for', async () => {
    await drop('mine.json', JSON.stringify({ name: 'Dropped', poisoning: { ratio: 0.2 } }))
    await expect.poll(() => page.locator('#experiment-name').inputValue(), patience).toBe('Dropped')
    await drop('teacher.pth', 'x')
    expect(await page.locator('#opened-path').inputValue()).toBe('teacher.pth')
    await page.keyboard.press('Escape')
  })

  it.each([700, 1100, 1440, 2560])('has room for every field at %d pixels', async (width) => {
    await page.setViewportSize({ width, height: 900 })
    const narrow = await page
      .locator('.field-row input:not([type=radio]):not([role=switch])')
      .evaluateAll((inputs) =>
        inputs.map((input) => input.getBoundingClientRect().width).filter((size) => size > 0 && size < 40),
      )
    expect(narrow).toEqual([])
    const spill = await page.locator('#main').evaluate((main) => main.scrollWidth - main.clientWidth)
    expect(spill).toBeLessThanOrEqual(0)
    expect(served.complaints).toEqual([])
  })
})
