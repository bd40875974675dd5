import { describe, expect, it } from 'vitest'
import {
  fromPixels,
  measuredPoints,
  nearestPoint,
  paretoFront,
  pointsFrom,
  toPixels,
  wholePlane,
} from '@renderer/charts/plane/points'

const point = (key: string, accuracy: number, asr: number, more = {}) => ({
  key,
  accuracy,
  asr,
  condition: 0,
  hollow: false,
  ...more,
})
const front = (...list: ReturnType<typeof point>[]): (string | undefined)[] => {
  const points = pointsFrom(list)
  return paretoFront(points).map((index) => points.keys[index])
}

describe('the front', () => {
  it.each([
    ['nothing of nothing', [], []],
    ['one', [point('a', 0.5, 0.5)], ['a']],
    [
      'those that no other one beats, by rising accuracy',
      [
        point('accurate', 0.9, 0.8),
        point('beaten', 0.8, 0.8),
        point('safe', 0.6, 0.05),
        point('both', 0.85, 0.1),
        point('worse', 0.5, 0.06),
      ],
      ['safe', 'both', 'accurate'],
    ],
    ['of equal points the first', [point('a', 0.5, 0.5), point('b', 0.5, 0.5)], ['a']],
    ['of equal accuracy the lower ASR', [point('a', 0.5, 0.5), point('b', 0.5, 0.4)], ['b']],
    [
      'no teacher, and nothing dead',
      [point('teacher', 0.99, 0.01, { condition: -1 }), point('dead', 0.98, 0, { hollow: true }), point('a', 0.5, 0.5)],
      ['a'],
    ],
  ])('is %s', (_, list, keys) => expect(front(...list)).toEqual(keys))

  it('of thirty thousand points beats all of them', () => {
    const points = pointsFrom(
      Array.from({ length: 30_000 }, (_, index) =>
        point(String(index), Math.abs(Math.sin(index)), Math.abs(Math.cos(index * 7))),
      ),
    )
    const indexes = paretoFront(points)
    for (let other = 0; other < points.keys.length; other += 97)
      expect(
        indexes.some(
          (index) => points.accuracy[index]! >= points.accuracy[other]! && points.asr[index]! <= points.asr[other]!,
        ),
      ).toBe(true)
  })
})

describe('points', () => {
  it('are the models of which both rates are known', () => {
    const values = {
      matching: 3,
      total: 3,
      faults: [],
      keys: ['a', 'b', 'c'],
      conditions: Int32Array.of(0, 1, -1),
      columns: { accuracy: Float64Array.of(0.5, NaN, 0.7), asr: Float64Array.of(0.1, 0.2, 0.3) },
    }
    const points = measuredPoints(values, (row) => row === 2)
    expect(points.keys).toEqual(['a', 'c'])
    expect([...points.conditions]).toEqual([0, -1])
    expect([...points.hollow]).toEqual([0, 1])
  })

  const plot = { left: 50, top: 10, width: 200, height: 100 }
  it('stand at pixels and back', () => {
    const range = { x: [0.2, 0.6], y: [0, 0.5] } as const
    expect(toPixels(range, plot, 0.4, 0.5).map(Math.round)).toEqual([150, 10])
    const [accuracy, asr] = fromPixels(range, plot, 150, 60)
    expect(accuracy).toBeCloseTo(0.4)
    expect(asr).toBeCloseTo(0.25)
  })
  it('are found under the pointer, hidden ones not', () => {
    const points = pointsFrom([point('a', 0.5, 0.5), point('b', 0.52, 0.5, { condition: 3 })])
    const at = { range: wholePlane, plot, left: 154, top: 60, reach: 12 }
    expect(nearestPoint(points, at, () => true)).toBe(1)
    expect(nearestPoint(points, at, (condition) => condition !== 3)).toBe(0)
    expect(nearestPoint(points, { ...at, left: 240 }, () => true)).toBe(-1)
  })
})
