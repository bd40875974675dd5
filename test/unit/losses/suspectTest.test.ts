import { describe, expect, it } from 'vitest'
import {
  divergenceBins,
  suspectAuc,
  suspectSample,
  suspectTail,
} from '../../../src/main/engine/maths/losses/suspectTest'

describe('suspect test', () => {
  it('is 1 where every triggered image lies below every clean one, ½ where nothing tells them apart', () => {
    expect(suspectAuc([0.1, 0.2], [0.3, 0.4, 0.5])).toBe(1)
    expect(suspectAuc([0.3, 0.4], [0.1])).toBe(0)
    expect(suspectAuc([0.2, 0.2], [0.2])).toBe(0.5)
    expect(suspectAuc([0.1, 0.3], [0.2, 0.3])).toBe((1 + 1 + 0 + 0.5) / 4)
    expect(suspectAuc([], [1])).toBeNull()
  })

  it('equals the count over all pairs', () => {
    const triggered = Array.from({ length: 40 }, (_, index) => ((index * 37) % 23) / 10)
    const clean = Array.from({ length: 50 }, (_, index) => ((index * 29) % 31) / 10)
    const pairs = triggered.flatMap((low) => clean.map((high): number => (low < high ? 1 : low === high ? 0.5 : 0)))
    expect(suspectAuc(triggered, clean)).toBeCloseTo(pairs.reduce((sum, value) => sum + value, 0) / pairs.length, 12)
  })

  it('counts every image in one bin of log10 KL; what lies outside in the outermost', () => {
    const { from, to, count } = divergenceBins
    const width = (to - from) / count
    const sample = suspectSample([1, 0, 1e9, 10 ** (from + 1.5 * width)])
    expect(sample.images).toBe(4)
    expect(sample.counts).toHaveLength(count)
    expect(sample.counts.reduce((sum, value) => sum + value, 0)).toBe(4)
    expect([
      sample.counts[0],
      sample.counts[1],
      sample.counts[Math.floor(-from / width)],
      sample.counts[count - 1],
    ]).toEqual([1, 1, 1, 1])
  })

  it('gives the tail with the line that it lies below', () => {
    const tail = suspectTail([...new Array<number>(19).fill(1), 1e-6])
    expect(tail.ratio).toBe(1 / 20)
    expect(tail.limit).toBeCloseTo(-0.3 - 3 * Math.sqrt(0.05 * 0.95) * 6, 9)
  })
})
