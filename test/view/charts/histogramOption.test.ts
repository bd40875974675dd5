import { describe, expect, it } from 'vitest'
import { screenStyle } from '@renderer/charts/chartStyle'
import { chartColors } from '@renderer/charts/colors'
import { filledBins, histogramOption, outline } from '@renderer/charts/histogramOption'

const bins = { from: -12, to: 2, count: 56 }
const sample = (filled: Record<number, number>) => {
  const counts = Array.from({ length: bins.count }, (_, bin) => filled[bin] ?? 0)
  return { images: counts.reduce((sum, count) => sum + count, 0), mean: 0, counts }
}
const width = (bins.to - bins.from) / bins.count
const option = (limit?: number) =>
  histogramOption({
    style: screenStyle(chartColors(false)),
    quantity: 'log₁₀ KL',
    bins,
    layers: [{ key: 'clean', label: 'Clean', color: '#123456', ...sample({ 20: 3, 21: 1 }) }],
    limit: limit === undefined ? undefined : { value: limit, label: 'mean − 3 σ' },
  }) as unknown as { xAxis: { min: number; max: number }; series: { id: string; data: [number, number][] }[] }

describe('histogramOption', () => {
  it('shows the bins that hold anything, with one empty at either side', () => {
    expect(filledBins(bins, [sample({ 20: 3 }), sample({ 25: 1 })])).toEqual([19, 26])
    expect(filledBins(bins, [sample({ 0: 3, [bins.count - 1]: 1 })])).toEqual([0, bins.count - 1])
  })
  it('draws shares of the images, closed at both ends', () => {
    const from = bins.from + 19 * width
    expect(outline(bins, sample({ 20: 3, 21: 1 }), [19, 22])).toEqual([
      [from, 0],
      [from, 0],
      [from + width, 0.75],
      [from + 2 * width, 0.25],
      [from + 3 * width, 0],
      [from + 4 * width, 0],
    ])
  })
  it('draws the line of the tail and makes room for it', () => {
    expect(option().series.map(({ id }) => id)).toEqual(['clean'])
    const drawn = option(-9)
    expect(drawn.series[1]?.data).toEqual([
      [-9, 0],
      [-9, 0.75],
    ])
    expect(drawn.xAxis.min).toBe(-9)
    expect(option(NaN).series).toHaveLength(1)
  })
})
