import { describe, expect, it } from 'vitest'
import { suspectBins, type SuspectSample } from '@shared/domain'
import { chartColors } from '@renderer/charts/colors'
import { filledBins, histogramOption, outline } from '@renderer/charts/histogramOption'

const sample = (bins: Record<number, number>): SuspectSample => {
  const counts = Array.from({ length: suspectBins.count }, (_, bin) => bins[bin] ?? 0)
  return { images: counts.reduce((sum, count) => sum + count, 0), mean: 0, deviation: 1, counts }
}
const width = (suspectBins.to - suspectBins.from) / suspectBins.count
const option = (limit?: number) =>
  histogramOption({
    colors: chartColors(false),
    layers: [{ key: 'clean', label: 'Clean', color: '#123456', sample: sample({ 20: 3, 21: 1 }) }],
    limit: limit === undefined ? undefined : { value: limit, label: 'mean − 3 σ' },
  }) as unknown as { xAxis: { min: number; max: number }; series: { id: string; data: [number, number][] }[] }

describe('histogramOption', () => {
  it('shows the bins that hold anything, with one empty at either side', () => {
    expect(filledBins([sample({ 20: 3 }), sample({ 25: 1 })])).toEqual([19, 26])
    expect(filledBins([sample({ 0: 3, [suspectBins.count - 1]: 1 })])).toEqual([0, suspectBins.count - 1])
  })
  it('draws shares of the images, closed at both ends', () => {
    const from = suspectBins.from + 19 * width
    expect(outline(sample({ 20: 3, 21: 1 }), [19, 22])).toEqual([
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
