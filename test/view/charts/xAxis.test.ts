import { describe, expect, it } from 'vitest'
import { wholeRange } from '@renderer/charts/linePlot'
import { offeredX, secondsAt, timeUnitFor, xOf, xTitleOf } from '@renderer/charts/xAxis'
import { lineOf, plotOf, settingsWith } from './chartFixtures'

const elapsed = { steps: Float64Array.of(10, 20, 40), values: Float64Array.of(5, 10, 30) }
const known = lineOf([1, 2, 3], { units: { imagesPerStep: 256, stepsPerEpoch: 2 }, elapsed })

describe('the x axis', () => {
  it('offers what every line knows', () => {
    expect(offeredX([known])).toEqual(['step', 'epoch', 'time', 'images'])
    expect(offeredX([known, lineOf([1], { units: { imagesPerStep: 8, stepsPerEpoch: null } })])).toEqual([
      'step',
      'images',
    ])
    expect(offeredX([known, lineOf([])])).toEqual(['step', 'epoch', 'time', 'images'])
  })
  it('places steps by epoch, images and time', () => {
    const steps = Float64Array.of(0, 4, 30)
    const time = timeUnitFor([known])
    expect(Array.from(xOf(known, steps, 'step', time))).toEqual([0, 4, 30])
    expect(Array.from(xOf(known, steps, 'epoch', time))).toEqual([0, 2, 15])
    expect(Array.from(xOf(known, steps, 'images', time))).toEqual([0, 1024, 7680])
    expect(Array.from(xOf(known, steps, 'time', time))).toEqual([0, 2, 20])
  })
  it('goes on at the pace of the last steps, and never backwards', () => {
    expect(Array.from(secondsAt(elapsed, Float64Array.of(40, 42)))).toEqual([30, 32])
    const again = { steps: Float64Array.of(1, 2, 3), values: Float64Array.of(5, 9, 7) }
    expect(Array.from(secondsAt(again, Float64Array.of(1, 2, 3)))).toEqual([5, 9, 9])
    expect(
      Array.from(secondsAt({ steps: Float64Array.of(3), values: Float64Array.of(7) }, Float64Array.of(1, 9))),
    ).toEqual([7, 7])
  })
  it('tells time in seconds, minutes or hours', () => {
    const until = (seconds: number): string =>
      xTitleOf(
        'time',
        'Step',
        timeUnitFor([lineOf([1], { elapsed: { steps: Float64Array.of(1), values: Float64Array.of(seconds) } })]),
      )
    expect([until(100), until(1000), until(20_000)]).toEqual([
      'Working time, s',
      'Working time, min',
      'Working time, h',
    ])
  })
  it('begins a logarithmic axis at the first place above 0', () => {
    expect(wholeRange([known], settingsWith({ logX: true }), null)).toEqual([1, 2])
    expect(wholeRange([known], settingsWith({ x: 'images' }), null)[1]).toBeGreaterThanOrEqual(512)
  })
})

describe('outliers', () => {
  const values = Array.from({ length: 200 }, (_, index) => Math.sin(index))
  values[50] = 1e6
  values[120] = -1e6
  it('flatten the rest no more where they are clipped, and are counted', () => {
    const plain = plotOf([lineOf(values)])
    expect(plain.y.range[1]).toBeGreaterThanOrEqual(1e6)
    expect(plain.outside).toBe(0)
    const clipped = plotOf([lineOf(values)], { settings: settingsWith({ clip: true }) })
    expect(clipped.y.range[1]).toBeLessThan(2)
    expect(clipped.outside).toBe(2)
  })
  it('are counted among what is visible', () => {
    const settings = settingsWith({ clip: true })
    expect(plotOf([lineOf(values)], { settings, range: [0, 60] }).outside).toBe(1)
  })
})
