import { describe, expect, it } from 'vitest'
import { decimateMinMax, smooth } from '@renderer/charts/decimate'

const series = (values: number[], steps = values.map((_, index) => index)) => ({
  steps: Float64Array.from(steps),
  values: Float64Array.from(values),
})

describe('decimateMinMax', () => {
  it('keeps a single spike among 50,000 points', () => {
    const values = Array.from({ length: 50_000 }, (_, index) => Math.sin(index / 900))
    values[31_337] = 99
    const points = decimateMinMax(series(values), 300)
    expect(points.length).toBeLessThanOrEqual(600)
    expect(points).toContainEqual([31_337, 99])
  })

  it('keeps the smallest and the largest value of each column in the order in which they came', () => {
    const points = decimateMinMax(series([5, 1, 3, 9, 2, 8, 7, 0]), 2)
    expect(points).toEqual([
      [1, 1],
      [3, 9],
      [5, 8],
      [7, 0],
    ])
  })

  it('gives short series back whole', () => {
    expect(decimateMinMax(series([3, 1, 2], [10, 20, 40]), 50)).toEqual([
      [10, 3],
      [20, 1],
      [40, 2],
    ])
  })

  it('leaves out what is not finite, also where a column holds nothing else', () => {
    expect(decimateMinMax(series([NaN, 1, Infinity]), 50)).toEqual([[1, 1]])
    const values = Array.from({ length: 100 }, (_, index) => (index < 50 ? NaN : index))
    expect(decimateMinMax(series(values), 10).every(([, value]) => Number.isFinite(value))).toBe(true)
  })

  it('spends all columns on the visible range', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => index)
    const points = decimateMinMax(series(values), 100, 4000, 5000)
    expect(points[0]).toEqual([4000, 4000])
    expect(points.at(-1)).toEqual([5000, 5000])
    expect(points.length).toBeGreaterThan(150)
  })

  it('survives an empty series and steps that are all the same', () => {
    expect(decimateMinMax(series([]), 10)).toEqual([])
    expect(decimateMinMax(series([1, 2, 3, 4, 5, 6], [7, 7, 7, 7, 7, 7]), 1)).toEqual([
      [7, 1],
      [7, 6],
    ])
  })
})

describe('smooth', () => {
  it('starts at the first value (no pull towards 0) and follows the mean', () => {
    const smoothed = smooth(series([10, 10, 20]), 0.5)
    expect(smoothed.values[0]).toBeCloseTo(10)
    expect(smoothed.values[1]).toBeCloseTo(10)
    expect(smoothed.values[2]).toBeCloseTo((10 * 0.125 + 10 * 0.25 + 20 * 0.5) / 0.875)
  })
  it('leaves values alone at weight 0 and lets NaN through without spreading it', () => {
    const input = series([1, NaN, 3])
    expect(smooth(input, 0)).toBe(input)
    const { values } = smooth(input, 0.5)
    expect(values[1]).toBeNaN()
    expect(values[2]).toBeGreaterThan(1)
  })
})
