import { describe, expect, it } from 'vitest'
import type { ChartLine } from '@renderer/charts/chartLine'
import { printStyle, screenStyle } from '@renderer/charts/chartStyle'
import { chartColors } from '@renderer/charts/colors'
import { lineOption } from '@renderer/charts/lineOption'
import type { LinePlotInput } from '@renderer/charts/linePlot'
import { lineOf, pairsOf, plotOf, settingsWith } from './chartFixtures'

interface Drawn {
  series: { id: string; type: string; data: Float64Array; markLine?: unknown; lineStyle: { color: string } }[]
  xAxis: { name: string; min: number; max: number; axisLabel: { customValues: number[] } }[]
  yAxis: { name: string; min: number; max: number }[]
  grid: unknown[]
  title: { text: string }[]
  tooltip?: { formatter: (entries: unknown) => HTMLElement[] }
}
const style = screenStyle(chartColors(false))
const draw = (lines: ChartLine[], more: Partial<LinePlotInput> = {}, look = style): Drawn =>
  lineOption(plotOf(lines, more), look, { width: 700, height: 300 }) as unknown as Drawn

describe('lineOption', () => {
  it('never hands more than two points per pixel column to the chart, in one array', () => {
    const { series } = draw([lineOf(Array.from({ length: 30_000 }, (_, index) => Math.cos(index)))])
    expect(series[0]!.data).toBeInstanceOf(Float64Array)
    expect(series[0]!.data.length).toBeLessThanOrEqual(400)
  })
  it('draws shares of 1 on a fixed axis from 0 to 1', () => {
    expect(draw([lineOf([0.2, 0.4])], { unit: '%' }).yAxis[0]).toMatchObject({ min: 0, max: 1 })
  })
  it('leaves out what a logarithmic axis cannot show, and says how much', () => {
    const more = { settings: settingsWith({ logY: true }) }
    expect(pairsOf(draw([lineOf([-1, 0, 2, 3])], more).series[0]!.data)).toEqual([
      [2, 2],
      [3, 3],
    ])
    expect(plotOf([lineOf([-1, 0, 2, 3])], more).notPositive).toBe(2)
  })
  it('begins a line where it leaves its twin, with a mark that several lines share', () => {
    const mark = { step: 2, label: 'SR begins' }
    const { series } = draw([
      lineOf([1, 2, 3, 4], { from: 2, mark }),
      lineOf([5, 6, 7, 8], { key: 'b', from: 2, mark }),
    ])
    expect(pairsOf(series[0]!.data)).toEqual([
      [2, 3],
      [3, 4],
    ])
    expect(series).toHaveLength(3)
    expect(series[2]).toMatchObject({ markLine: { data: [{ xAxis: 2 }] } })
  })
  it('lays the values as recorded faintly behind the smoothed ones', () => {
    const { series } = draw([lineOf([1, 5, 1, 5])], { settings: settingsWith({ smoothing: 0.6 }) })
    expect(series.map(({ id }) => id)).toEqual(['raw a', 'a'])
    expect(pairsOf(series[0]!.data).map(([, value]) => value)).toEqual([1, 5, 1, 5])
    expect(pairsOf(series[1]!.data)[1]![1]).toBeLessThan(5)
  })
  it('draws no hidden line, but keeps the colours, bands and ticks of the others', () => {
    const lines = [lineOf([1, 2]), lineOf([100, 200], { key: 'b' })]
    const { series } = draw(lines, { hidden: new Set(['b']) })
    expect(series.map(({ id }) => id)).toEqual(['a'])
  })
  it('has round ticks after a zoom to a range that is not round, whole ones for steps', () => {
    const lines = [lineOf(Array.from({ length: 6000 }, (_, index) => index))]
    const { xAxis } = draw(lines, { range: [1234.5, 5678.9] })
    expect(xAxis[0]).toMatchObject({ min: 1234.5, max: 5678.9 })
    expect(xAxis[0]!.axisLabel.customValues.every((tick) => tick % 500 === 0)).toBe(true)
    const near = draw(lines, { range: [3.2, 6.9], columns: 600 })
    expect(near.xAxis[0]!.axisLabel.customValues).toEqual([4, 5, 6])
  })
  it('gives each model a panel on common axes', () => {
    const lines = ['A', 'B', 'C'].map((label, index) => lineOf([1 + index, 2 + index], { key: label, label }))
    const { grid, title, yAxis } = draw(lines, { settings: settingsWith({ layout: 'model' }) })
    expect(grid).toHaveLength(3)
    expect(title.map(({ text }) => text)).toEqual(['A', 'B', 'C'])
    expect(new Set(yAxis.map(({ min, max }) => `${min} ${max}`)).size).toBe(1)
  })
  it('names both axes with their units on paper, and answers no pointer there', () => {
    const dark = chartColors(true).series[0]!
    const option = draw([lineOf([0.1], { color: dark })], { unit: '%', title: 'Accuracy' }, printStyle)
    expect(option.xAxis[0]!.name).toBe('Step')
    expect(option.yAxis[0]!.name).toBe('Accuracy, %')
    expect(option.tooltip).toBeUndefined()
    expect(option.series[0]!.lineStyle.color).toBe(chartColors(false).series[0])
  })
  it('takes names in the tooltip for text', () => {
    const [head, row] = draw([lineOf([1], { label: '<img src=x>' })]).tooltip!.formatter([
      { seriesId: 'a', dataIndex: 0 },
    ])
    expect(row?.querySelector('img')).toBeNull()
    expect(row?.textContent).toContain('<img src=x>')
    expect(head?.textContent).toBe('Step 0')
  })
})
