import { describe, expect, it } from 'vitest'
import { createStream, restoreStream } from '../../../src/main/engine/maths/random'

const mean = (values: ArrayLike<number>): number =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length
const moment = (values: ArrayLike<number>, order: number): number => mean(Array.from(values, (value) => value ** order))

/** Pearson's chi-squared statistic of counts against equal expectation. */
const chiSquared = (counts: number[]): number => {
  const expected = counts.reduce((sum, count) => sum + count, 0) / counts.length
  return counts.reduce((sum, count) => sum + (count - expected) ** 2 / expected, 0)
}

describe('random streams', () => {
  it('depend on seed and name alone', () => {
    const first = createStream(3, 'latent').normal(100)
    expect(createStream(3, 'latent').normal(100)).toEqual(first)
    expect(createStream(4, 'latent').normal(100)).not.toEqual(first)
    expect(createStream(3, 'order').normal(100)).not.toEqual(first)
  })

  it('keep their numbers for good: saved runs depend on them', () => {
    const stream = createStream(7, 'fixture')
    expect([...stream.integers(6, 1000)]).toEqual([904, 847, 420, 607, 118, 660])
    expect([...stream.permutation(8)]).toEqual([1, 7, 4, 2, 0, 3, 6, 5])
    expect([...stream.uniform(2)]).toEqual([0.7831895351409912, 0.36687982082366943])
    expect([...stream.normal(2)].map((value) => value.toFixed(5))).toEqual(['0.50382', '1.10126'])
  })

  it('go on from a saved state bit for bit, whatever was drawn before', () => {
    const stream = createStream(11, 'resume')
    stream.normal(5)
    stream.integers(3, 10)
    stream.permutation(7)
    stream.uniform(1)
    const saved = JSON.parse(JSON.stringify(stream.state()))
    const expected = [stream.normal(9), stream.permutation(31), stream.integers(5, 77), stream.uniform(3)]
    const again = restoreStream(saved)
    expect([again.normal(9), again.permutation(31), again.integers(5, 77), again.uniform(3)]).toEqual(expected)
    stream.restore(saved)
    expect(stream.normal(9)).toEqual(expected[0])
  })

  it('refuse a state of another stream and a bad count', () => {
    const stream = createStream(1, 'a')
    expect(() => stream.restore({ seed: 1, name: 'b', counter: 0 })).toThrow('belongs to the stream "b"')
    expect(() => stream.normal(-1)).toThrow('whole number')
    expect(() => stream.integers(1, 0)).toThrow('upper bound')
    expect(() => createStream(-1, 'a')).toThrow('seed')
  })

  it('cross the 32-bit border of the counter without repeating', () => {
    const at = (counter: number): number[] => [...restoreStream({ seed: 0, name: 'long', counter }).uniform(4)]
    const across = [...restoreStream({ seed: 0, name: 'long', counter: 2 ** 32 - 1 }).uniform(8)]
    expect(across).toEqual([...at(2 ** 32 - 1), ...at(2 ** 32)])
    expect(at(2 ** 32)).not.toEqual(at(0))
  })

  it('draw uniform numbers in [0, 1)', () => {
    const values = createStream(0, 'uniform').uniform(200_000)
    expect(values.every((value) => value >= 0 && value < 1)).toBe(true)
    expect(mean(values)).toBeCloseTo(0.5, 2)
    expect(moment(values, 2)).toBeCloseTo(1 / 3, 2)
    const counts = new Array<number>(256).fill(0)
    for (const value of values) counts[Math.floor(value * 256)]!++
    expect(chiSquared(counts)).toBeLessThan(350) // 255 degrees of freedom: 350 is beyond p = 1e-4
    expect(chiSquared(counts)).toBeGreaterThan(170)
  })

  it('draw normal numbers with the right moments and tails, neighbours uncorrelated', () => {
    const values = createStream(0, 'normal').normal(400_000)
    expect(mean(values)).toBeCloseTo(0, 2)
    expect(moment(values, 2)).toBeCloseTo(1, 1.7)
    expect(Math.abs(moment(values, 3))).toBeLessThan(0.03)
    expect(Math.abs(moment(values, 4) - 3)).toBeLessThan(0.08)
    const beyondTwo = values.reduce((count, value) => count + (Math.abs(value) > 2 ? 1 : 0), 0) / values.length
    expect(Math.abs(beyondTwo - 0.0455)).toBeLessThan(0.0015)
    for (const lag of [1, 2, 3]) {
      let sum = 0
      for (let index = lag; index < values.length; index++) sum += values[index]! * values[index - lag]!
      expect(Math.abs(sum / values.length)).toBeLessThan(0.008)
    }
  })

  it('are fast: a latent batch of 128 × 100 takes about half a millisecond', () => {
    const stream = createStream(0, 'speed')
    let best = Infinity
    for (let trial = 0; trial < 60; trial++) {
      const start = performance.now()
      stream.normal(12_800)
      best = Math.min(best, performance.now() - start)
    }
    expect(best).toBeLessThan(2)
  })

  it('draw whole numbers evenly and never outside', () => {
    const counts = new Array<number>(7).fill(0)
    for (const value of createStream(5, 'integers').integers(70_000, 7)) counts[value]!++
    expect(chiSquared(counts)).toBeLessThan(27.9) // 6 degrees of freedom, p = 1e-4
    expect(Math.max(...createStream(5, 'large').integers(1000, 2 ** 31))).toBeGreaterThan(2 ** 30)
  })

  it('permute without bias', () => {
    const stream = createStream(9, 'permutation')
    expect([...stream.permutation(0)]).toEqual([])
    expect([...stream.permutation(50)].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, index) => index))
    const counts = new Map<string, number>()
    for (let trial = 0; trial < 24_000; trial++) {
      const key = stream.permutation(4).join('')
      counts.set(key, (counts.get(key) ?? 0) + 1)
    }
    expect(counts.size).toBe(24)
    expect(chiSquared([...counts.values()])).toBeLessThan(57) // 23 degrees of freedom, p = 1e-4
  })
})
