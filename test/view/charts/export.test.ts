import { latexParser } from 'latex-utensils'
import { describe, expect, it } from 'vitest'
import type { ChartLine } from '@renderer/charts/chartLine'
import { exportChart } from '@renderer/charts/export'
import type { ChartDescription } from '@renderer/charts/export/description'
import { lineLatex, lineLegend, lineNotes, pointTable } from '@renderer/charts/lineDescription'
import { lineOption } from '@renderer/charts/lineOption'
import { lineOf, plotOf, settingsWith } from './chartFixtures'

const long = 'Self-Retrospection, λ = 0.5, every 50 pseudo batches, begins after 1,600 of 2,000; größer'
const group = { key: 'g', label: 'Über 3 seeds' }
const lines: ChartLine[] = [
  lineOf([0.1, 0.5, 0.9], {
    key: 'a',
    label: long,
    run: 'r1',
    model: 'SR',
    seed: 0,
    metric: 'Accuracy',
    mark: { step: 1, label: 'SR begins' },
  }),
  ...Array.from({ length: 12 }, (_, index) =>
    lineOf([0.2, 0.3, index / 20], { key: `m${index}`, label: `Model ${index} & co`, dash: [6, 4], marker: 'diamond' }),
  ),
  lineOf([0.2, 0.4, 0.6], { key: 's0', label: 'S0', group, seed: 0 }),
  lineOf([0.3, 0.5, 0.7], { key: 's1', label: 'S1', group, seed: 1 }),
]
function description(more: Parameters<typeof settingsWith>[0] = {}): ChartDescription {
  const settings = settingsWith({ band: 'deviation', ...more })
  const plot = plotOf(lines, { title: 'Accuracy', unit: '%', settings })
  return {
    title: 'Accuracy of 15 models',
    fileName: 'Run 1, accuracy',
    size: { width: 620, height: 340 },
    option: (style, size) => lineOption(plot, style, size),
    legend: lineLegend(plot),
    notes: lineNotes(plot, settings, true),
    data: () => pointTable(lines, 'Accuracy'),
    latex: () => lineLatex(plot),
  }
}
const textsOf = (svg: string): string[] => {
  const document = new DOMParser().parseFromString(svg, 'image/svg+xml')
  return [...document.querySelectorAll('text')].map(({ textContent }) => textContent ?? '')
}

describe('a chart as SVG', () => {
  it('has its title, both axes with their units, every legend entry, and nothing of a pointer', async () => {
    const { name, type, data } = await exportChart(description(), 'svg')
    expect([name, type]).toEqual(['run-1-accuracy.svg', 'image/svg+xml'])
    const svg = String(data)
    const texts = textsOf(svg)
    const all = texts.join(' ')
    expect(texts).toContain('Accuracy of 15 models')
    expect(texts).toContain('Step')
    expect(texts).toContain('Accuracy, %')
    for (let index = 0; index < 12; index++) expect(texts).toContain(`Model ${index} & co`)
    expect(texts).toContain('Über 3 seeds (n = 2)')
    expect(all).toContain(long)
    expect(all).toContain('SR begins')
    expect(all).toContain('one standard deviation')
    expect(/.{0,90}(:hover|tooltip|NaN|undefined).{0,60}/.exec(svg)?.[0]).toBeUndefined()
    expect(svg).not.toContain('font-weight')
    expect(svg).toContain('fill="#ffffff"')
  })
  it('keeps every word of the legend within the sheet', async () => {
    const svg = String((await exportChart(description(), 'svg')).data)
    const width = Number(/width="(\d+)"/.exec(svg)?.[1])
    for (const [, x, text] of svg.matchAll(/<text x="([\d.]+)" [^>]*>([^<]*)<\/text>/g))
      expect(Number(x) + (text ?? '').length * 4, text).toBeLessThan(width)
  })
})

describe('a chart as numbers', () => {
  it('comes back from CSV point by point', async () => {
    const csv = String((await exportChart(description(), 'csv')).data)
    const [head, ...rows] = csv.trim().split('\r\n')
    expect(head).toBe('run,model,seed,metric,step,value')
    expect(rows).toHaveLength(lines.length * 3)
    expect(rows.slice(0, 3)).toEqual(['r1,SR,0,Accuracy,0,0.1', 'r1,SR,0,Accuracy,1,0.5', 'r1,SR,0,Accuracy,2,0.9'])
  })
  it.each(['together', 'model'] as const)('is LaTeX that parses, with units, legend and data: %s', async (layout) => {
    const { name, data } = await exportChart(description({ layout }), 'latex')
    const tex = String(data)
    expect(name).toBe('run-1-accuracy.tex')
    expect(() => latexParser.parse(tex)).not.toThrow()
    expect(tex).toContain('ylabel={Accuracy, \\%}')
    expect(tex).toContain('Model 0 \\& co')
    expect(tex).toContain('(1,50)')
    expect(tex).toContain(layout === 'model' ? '\\nextgroupplot[title={' : '\\begin{axis}')
    expect(tex.match(/\\begin\{/g)).toHaveLength(tex.match(/\\end\{/g)!.length)
    expect(tex.match(/\\addlegendentry/g)).toHaveLength(14)
    for (const line of tex.split('\n')) if (!/^\s*%/.test(line)) expect(line).not.toMatch(/(^|[^\\])[&%#]/)
  })
})
