import { describe, expect, it } from 'vitest'
import { logTicks, roundRange, roundTicks } from '@renderer/charts/ticks'

describe('ticks', () => {
  it('are 1, 2, 2.5 or 5 times a power of ten, whatever the range', () => {
    expect(roundTicks([1234, 5678], 5)).toEqual([2000, 3000, 4000, 5000])
    expect(roundTicks([0, 1], 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8, 1])
    expect(roundTicks([0.13, 0.41], 4)).toEqual([0.2, 0.3, 0.4])
    expect(roundTicks([-3, 3], 3)).toEqual([-2, 0, 2])
  })
  it('carry no rounding', () => {
    for (const tick of roundTicks([0.1, 0.9], 10)) expect(String(tick).length).toBeLessThanOrEqual(4)
  })
  it('are whole where steps are counted', () => {
    expect(roundTicks([2, 5], 8, true)).toEqual([2, 3, 4, 5])
    expect(roundTicks([0.2, 0.8], 8, true)).toEqual([])
    for (const tick of roundTicks([0, 23], 10, true)) expect(Number.isInteger(tick)).toBe(true)
  })
  it('end at round numbers around the values', () => {
    expect(roundRange([0.13, 0.97])).toEqual([0, 1])
    expect(roundRange([5, 5])).toEqual([0, 10])
  })
  it('are powers of ten on a logarithmic axis, finer ones where that leaves too few', () => {
    expect(logTicks([0.01, 100])).toEqual([0.01, 0.1, 1, 10, 100])
    expect(logTicks([3, 40])).toEqual([5, 10, 20])
    expect(logTicks([1e-12, 1e12], 6).length).toBeLessThanOrEqual(7)
  })
})
