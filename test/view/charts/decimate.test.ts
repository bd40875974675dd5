import { describe, expect, it } from 'vitest'
import { decimateMinMax, smooth } from '@renderer/charts/decimate'

const series = (values: number[], places = values.map((_, index) => index)) => ({
  x: Float64Array.from(places),
  y: Float64Array.from(values),
})
const pairs = (points: Float64Array): number[][] =>
  Array.from({ length: points.length / 2 }, (_, at) => [points[2 * at]!, points[2 * at + 1]!])

describe('decimateMinMax', () => {
  it('keeps a single spike among 50,000 points', () => {
    const values = Array.from({ length: 50_000 }, (_, index) => Math.sin(index / 900))
    values[31_337] = 99
    const points = pairs(decimateMinMax(series(values), 300))
    expect(points.length).toBeLessThanOrEqual(600)
    expect(points).toContainEqual([31_337, 99])
  })

  it('keeps the smallest and the largest value of each column in the order in which they came', () => {
    const points = pairs(decimateMinMax(series([5, 1, 3, 9, 2, 8, 7, 0]), 2))
    expect(points).toEqual([
      [1, 1],
      [3, 9],
      [5, 8],
      [7, 0],
    ])
  })

  it('gives short series back whole', () => {
    expect(pairs(decimateMinMax(series([3, 1, 2], [10, 20, 40]), 50))).toEqual([
      [10, 3],
      [20, 1],
      [40, 2],
    ])
  })

  it('leaves out what is not finite, also where a column holds nothing else', () => {
    expect(pairs(decimateMinMax(series([NaN, 1, Infinity]), 50))).toEqual([[1, 1]])
    const values = Array.from({ length: 100 }, (_, index) => (index < 50 ? NaN : index))
    expect(pairs(decimateMinMax(series(values), 10)).every(([, value]) => Number.isFinite(value))).toBe(true)
  })

  it('spends all columns on the visible range', () => {
    const values = Array.from({ length: 10_000 }, (_, index) => index)
    const points = pairs(decimateMinMax(series(values), 100, { from: 4000, to: 5000 }))
    expect(points[0]).toEqual([4000, 4000])
    expect(points.at(-1)).toEqual([5000, 5000])
    expect(points.length).toBeGreaterThan(150)
  })

  it('has as many columns a decade on a logarithmic axis', () => {
    const values = Array.from({ length: 100_000 }, (_, index) => Math.sin(index))
    const all = series(
      values,
      values.map((_, index) => index + 1),
    )
    const points = pairs(decimateMinMax(all, 50, { from: 1, logarithmic: true }))
    const upTo = (place: number): number => points.filter(([x]) => x! <= place).length
    expect(upTo(100)).toBeGreaterThan(25)
    expect(points.length).toBeLessThanOrEqual(100)
  })

  it('survives an empty series and steps that are all the same', () => {
    expect(pairs(decimateMinMax(series([]), 10))).toEqual([])
    expect(pairs(decimateMinMax(series([1, 2, 3, 4, 5, 6], [7, 7, 7, 7, 7, 7]), 1))).toEqual([
      [7, 1],
      [7, 6],
    ])
  })
})

describe('smooth', () => {
  it('starts at the first value (no pull towards 0) and follows the mean', () => {
    const smoothed = smooth(Float64Array.of(10, 10, 20), 0.5)
    expect(smoothed[0]).toBeCloseTo(10)
    expect(smoothed[1]).toBeCloseTo(10)
    expect(smoothed[2]).toBeCloseTo((10 * 0.125 + 10 * 0.25 + 20 * 0.5) / 0.875)
  })
  it('leaves values alone at weight 0 and lets NaN through without spreading it', () => {
    const input = Float64Array.of(1, NaN, 3)
    expect(smooth(input, 0)).toBe(input)
    const values = smooth(input, 0.5)
    expect(values[1]).toBeNaN()
    expect(values[2]).toBeGreaterThan(1)
  })
})
