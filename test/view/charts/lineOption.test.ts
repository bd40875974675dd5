import { describe, expect, it } from 'vitest'
import { chartColors } from '@renderer/charts/colors'
import { lineOption, type ChartLine } from '@renderer/charts/lineOption'

const line = (values: number[], more: Partial<ChartLine> = {}): ChartLine => ({
  key: 'a',
  label: 'A',
  color: '#123456',
  series: { steps: Float64Array.from(values, (_, index) => index), values: Float64Array.from(values) },
  ...more,
})
interface Drawn {
  series: { data: [number, number][]; lineStyle: { type: unknown } }[]
  yAxis: Record<string, unknown>
  tooltip: { formatter: (entries: unknown) => string }
}
const draw = (lines: ChartLine[], more = {}): Drawn =>
  lineOption({ lines, columns: 100, unit: '', xTitle: 'Step', colors: chartColors(false), ...more }) as unknown as Drawn

describe('lineOption', () => {
  it('never hands more than two points per pixel column to the chart', () => {
    const option = draw([line(Array.from({ length: 30_000 }, (_, index) => Math.cos(index)))])
    expect(option.series[0]!.data.length).toBeLessThanOrEqual(200)
  })
  it('draws shares of 1 on a fixed axis from 0 to 1', () => {
    expect(draw([line([0.2, 0.4])], { unit: '%' }).yAxis).toMatchObject({ min: 0, max: 1 })
  })
  it('leaves out what a logarithmic axis cannot show', () => {
    expect(draw([line([-1, 0, 2, 3])], { logarithmic: true }).series[0]!.data).toEqual([
      [2, 2],
      [3, 3],
    ])
  })
  it('begins a line where it leaves its twin, with a mark that several lines share', () => {
    const mark = { step: 2, label: 'SR begins' }
    const option = draw([line([1, 2, 3, 4], { from: 2, mark }), line([5, 6, 7, 8], { key: 'b', from: 2, mark })])
    expect(option.series[0]!.data).toEqual([
      [2, 3],
      [3, 4],
    ])
    expect(option.series).toHaveLength(3)
    expect(option.series[2]).toMatchObject({
      markLine: { label: { formatter: 'SR begins' }, data: [{ xAxis: 2 }] },
    })
  })
  it('escapes names in the tooltip', () => {
    const option = draw([line([1], { label: '<img src=x>' })])
    const text = option.tooltip.formatter([{ seriesId: 'a', seriesName: '<img src=x>', value: [0, 1] }])
    expect(text).not.toContain('<img')
    expect(text).toContain('Step 0')
  })
})
