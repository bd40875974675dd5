import { describe, expect, it } from 'vitest'
import { withBands } from '@renderer/charts/bands'
import { curvesOf } from '@renderer/charts/curves'
import { lineOf, plotOf, settingsWith } from './chartFixtures'

const group = { key: 'sv', label: 'SV' }
const seeds = [
  lineOf([1, 10], { key: 's0', group }),
  lineOf([2, 20], { key: 's1', group }),
  lineOf([4, 40], { key: 's2', group }),
]

describe('bands over seeds', () => {
  it('are the mean with ± deviation, standard error or the t interval, n in the name', () => {
    const [line] = withBands(seeds, 'deviation')
    expect(line?.label).toBe('SV (n = 3)')
    expect(line?.series.values[0]).toBeCloseTo(7 / 3)
    expect(line!.band!.high[0]! - line!.series.values[0]!).toBeCloseTo(1.5275, 4)
    const half = (kind: 'error' | 'interval'): number => {
      const [own] = withBands(seeds, kind)
      return own!.series.values[0]! - own!.band!.low[0]!
    }
    expect(half('error')).toBeCloseTo(1.5275 / Math.sqrt(3), 4)
    expect(half('interval')).toBeCloseTo((4.3027 * 1.5275) / Math.sqrt(3), 3)
  })
  it('stand at all recorded steps where seeds were recorded at different ones, linear between them', () => {
    const other = { steps: Float64Array.of(0, 4), values: Float64Array.of(0, 4) }
    const [line] = withBands(
      [lineOf([0, 1, 2, 3, 4], { group }), lineOf([], { key: 'b', group, series: other })],
      'error',
    )
    expect(Array.from(line!.series.values)).toEqual([0, 1, 2, 3, 4])
  })
  it('say how many seeds there are where some end earlier, and end with the last two', () => {
    const [line] = withBands(
      [lineOf([1, 2, 3], { group }), lineOf([1, 2, 3], { key: 'b', group }), lineOf([1, 2], { key: 'c', group })],
      'deviation',
    )
    expect(line?.label).toBe('SV (n = 2 to 3)')
    const [short] = withBands([lineOf([1, 2, 3], { group }), lineOf([1], { key: 'b', group })], 'deviation')
    expect(Array.from(short!.series.values)).toEqual([1, NaN, NaN])
  })
  it('leave alone what has no group and what has one seed', () => {
    const alone = lineOf([1, 2], { key: 'x' })
    expect(withBands([alone, seeds[0]!], 'deviation')).toEqual([alone, seeds[0]])
  })
  it('do not depend on what is hidden', () => {
    const settings = settingsWith({ band: 'deviation' })
    const lines = [...seeds, lineOf([5, 6], { key: 'x' })]
    const all = plotOf(lines, { settings })
    const some = plotOf(lines, { settings, hidden: new Set(['x', 's0']) })
    expect(some.panels[0]!.curves[0]!.points).toEqual(all.panels[0]!.curves[0]!.points)
    expect(curvesOf(lines, settings)).toHaveLength(2)
  })
})
