/** Every format that a run's chart is saved in, as the page's browser writes it under its content policy. */
import { mkdirSync, mkdtempSync, readFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { inflateSync } from 'node:zlib'
import { latexParser } from 'latex-utensils'
import type { Page } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layOutPast, pastRuns, pastVersions } from '../fixtures/past'
import { removeFolder } from '../fixtures/removeFolder'
import { describeServed, openServed, type Served } from './support/served'
import { openRoute } from './support/views.mjs'

const version = pastVersions.at(-1) ?? ''

describeServed('a chart is saved', () => {
  const folder = mkdtempSync(join(tmpdir(), 'abd-charts-'))
  // ABD_KEEP_EXPORTS names a folder for what was saved, to be looked at.
  const kept = process.env.ABD_KEEP_EXPORTS ?? join(folder, 'saved')
  let served: Served
  let page: Page

  beforeAll(async () => {
    mkdirSync(kept, { recursive: true })
    served = await openServed(layOutPast(version, folder))
    // Dark, so that white paper is not the theme's.
    page = await served.open({ viewport: { width: 1280, height: 900 }, colorScheme: 'dark' })
    const [run] = Object.entries(pastRuns(version)).find(([, { state }]) => state === 'done') ?? []
    await openRoute(page, `/runs/${String(run)}/charts`)
    await page.getByRole('button', { name: 'Export: Accuracy and ASR' }).waitFor()
  })
  afterAll(async () => {
    await served?.close()
    await removeFolder(folder)
  })

  async function saved(choice: RegExp, ending: string): Promise<Buffer> {
    await page.getByRole('button', { name: 'Export: Accuracy and ASR' }).click()
    const download = page.waitForEvent('download')
    await page.getByRole('menuitem', { name: choice }).click()
    const file = await download
    expect(file.suggestedFilename()).toMatch(new RegExp(`^(?:.*-)?(?:outcome|accuracy-and-asr).*\\.${ending}$`))
    const path = join(kept, `${String(choice).replace(/\W+/g, '')}.${ending}`)
    await file.saveAs(path)
    return readFileSync(path)
  }
  const sizeOf = (png: Buffer): [number, number] => [png.readUInt32BE(16), png.readUInt32BE(20)]

  it('as PNG at twice and three times its size, on white', async () => {
    const twice = sizeOf(await saved(/2×/, 'png'))
    const thrice = sizeOf(await saved(/3×/, 'png'))
    expect(twice[0] / 2).toBe(thrice[0] / 3)
    expect(twice[0]).toBeGreaterThan(1000)
  })
  it('as SVG with title, axis titles with units, and the whole legend', async () => {
    const svg = (await saved(/\.svg/, 'svg')).toString()
    const legend = await page
      .getByRole('list', { name: 'Latest values: Accuracy and ASR' })
      .locator('.clip')
      .allInnerTexts()
    expect(legend.length).toBeGreaterThan(1)
    const texts = [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text)
    for (const text of ['Accuracy and ASR', 'Accuracy and ASR, %', 'Pseudo batch', ...legend])
      expect(texts).toContain(text)
    expect(svg).not.toMatch(/:hover|tooltip|NaN/)
  })
  it('as PDF with the letters that it is set in', async () => {
    const pdf = await saved(/\.pdf/, 'pdf')
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-')
    const text = pdf.toString('latin1')
    expect(text).toContain('/FontFile2')
    expect(text).toContain('DejaVu')
    // Its font is embedded as far as its letters occur, and no other one is named.
    expect(pdf.length).toBeLessThan(200_000)
    const streams = [...text.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].flatMap(([, body]) => {
      try {
        return [inflateSync(Buffer.from(body ?? '', 'latin1')).toString('latin1')]
      } catch {
        return []
      }
    })
    expect(streams.some((stream) => stream.includes(' Tf'))).toBe(true)
  })
  it('as CSV with every point', async () => {
    const [head, ...rows] = (await saved(/\.csv/, 'csv')).toString().trim().split('\r\n')
    expect(head).toBe('run,model,seed,metric,step,value')
    expect(rows.length).toBeGreaterThan(3)
    for (const row of rows) expect(Number.isFinite(Number(row.split(',').at(-1)))).toBe(true)
  })
  it('as LaTeX that parses', async () => {
    const tex = (await saved(/\.tex/, 'tex')).toString()
    expect(() => latexParser.parse(tex)).not.toThrow()
    expect(tex).toContain('\\begin{axis}')
    expect(tex).toContain('ylabel={Accuracy and ASR, \\%}')
  })
  it('without a complaint of the page', () => {
    expect(served.complaints).toEqual([])
  })
})
