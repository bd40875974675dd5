/** What one does with a study in the interface, told to any page of it. */
import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { latexParser } from 'latex-utensils'
import type { Page } from 'playwright-core'
import { expect } from 'vitest'
import { removeFolder } from '../../fixtures/removeFolder'

const second = 1000

const file = `name: Small table
axes:
  attack: [badnet_grid, blend]
  defenses: [none, sv]
  seed: 0..1
config:
  teacher: { training: { epochs: 1 }, distilCollapsed: true }
  distillation: { method: { id: zskt, params: { pseudoBatches: 40 } } }
  recording: { imagesEvery: 20, imagesPerStep: 4, evaluateEvery: 20 }
`

const place = (page: Page, index: number) => page.locator('.place').nth(index)
const header = (page: Page) => page.locator('.study-header')

async function startFromFile(page: Page): Promise<void> {
  await page.getByRole('link', { name: 'Studies', exact: true }).click()
  await page.getByRole('button', { name: 'From a file' }).click()
  await page
    .locator('input[type=file]')
    .setInputFiles({ name: 'small.yml', mimeType: 'application/yaml', buffer: Buffer.from(file) })
  const start = page.getByRole('button', { name: 'Start 8 cells', disabled: false })
  await start.waitFor({ timeout: 20 * second })
  expect(await page.locator('section[aria-labelledby=plan-title]').innerText()).toContain('8 cells')
  await start.click()
  await header(page).waitFor({ timeout: 20 * second })
}

/**
 * Eight cells from a file: they fill the matrix, one place is cancelled and retried, a seed is added, and the table is
 * exported.
 * @param save chooses LaTeX of the open menu and gives what was written
 */
export async function fillATable(page: Page, save: (choose: () => Promise<void>) => Promise<string>): Promise<void> {
  await startFromFile(page)
  await expect.poll(() => page.locator('.place').count(), { timeout: 10 * second }).toBe(4)

  await place(page, 3).click()
  await page.getByRole('button', { name: 'Cancel 2', exact: true }).click()
  await expect.poll(() => place(page, 3).innerText(), { timeout: 10 * second }).toContain('2 cancelled')

  // Each place shows means as soon as its seeds are through.
  await expect.poll(() => place(page, 0).innerText(), { timeout: 60 * second }).toMatch(/\d+\.\d/)
  await expect.poll(() => header(page).innerText(), { timeout: 90 * second }).toContain('6 of 8')

  await page.getByRole('button', { name: 'Retry 2', exact: true }).last().click()
  await expect.poll(() => header(page).innerText(), { timeout: 60 * second }).toContain('8 of 8')
  await expect.poll(() => place(page, 3).innerText(), { timeout: 10 * second }).toMatch(/\d+\.\d.*\n?.*n 2/s)

  await page.getByRole('button', { name: 'Extend' }).click()
  await page.getByRole('button', { name: 'Add 1 value' }).click()
  await expect.poll(() => header(page).innerText(), { timeout: 10 * second }).toContain('of 12')
  await expect.poll(() => header(page).innerText(), { timeout: 90 * second }).toContain('12 of 12')
  await expect.poll(() => place(page, 0).innerText(), { timeout: 10 * second }).toContain('n 3')

  await page.getByRole('tab', { name: 'Table' }).click()
  await page.locator('.pivot-export').getByRole('button', { name: 'Export' }).click()
  await checkLatex(await save(() => page.getByRole('menuitem', { name: /^LaTeX/ }).click()))
}

const hasLatex = (): boolean =>
  spawnSync('pdflatex', ['--version']).status === 0 && spawnSync('kpsewhich', ['booktabs.sty']).status === 0

/** Whole rows of numbers with names; compiled where a LaTeX is, else read by a parser. */
async function checkLatex(text: string): Promise<void> {
  expect(text).toContain('\\toprule')
  expect(text).toContain('BadNets, grid')
  expect(text).toMatch(/\d+\.\d \$\\pm\$ \d+\.\d/)
  if (!hasLatex()) {
    expect(latexParser.parse(text).content.filter(latexParser.isEnvironment)).toHaveLength(1)
    return
  }
  const folder = mkdtempSync(join(tmpdir(), 'abd-latex-'))
  try {
    const preamble = '\\documentclass{article}\\usepackage{booktabs}\\begin{document}\n'
    writeFileSync(join(folder, 'table.tex'), `${preamble}${text}\n\\end{document}\n`)
    await promisify(execFile)('pdflatex', ['-halt-on-error', '-interaction=batchmode', 'table.tex'], { cwd: folder })
  } finally {
    await removeFolder(folder)
  }
}
