import { describe, expect, it } from 'vitest'
import { associationOf, correlationRatio, rankCorrelation, ranksOf } from '../../../src/shared/domain'

describe('association', () => {
  it('ranks equal values alike', () => {
    expect([...ranksOf([5, 1, 5])]).toEqual([2.5, 1, 2.5])
    expect([...ranksOf([])]).toEqual([])
  })
  it.each([
    [[1, 2, 3, 4], [1, 3, 2, 4], 0.8],
    [[1, 2, 3], [9, 8, 7], -1],
    [[1, 10, 100], [0.1, 0.2, 0.3], 1],
    [[1, 1, 1], [1, 2, 3], 0],
    // Ranks 1, 2.5, 2.5, 4, 5 and 2, 1, 4.5, 4.5, 3: 3.75 / 9.5.
    [[1, 2, 2, 3, 5], [2, 1, 4, 4, 3], 3.75 / 9.5],
  ])('of the ranks of %o and %o is %d', (first, second, rho) =>
    expect(rankCorrelation(first, second)).toBeCloseTo(rho, 6),
  )
  it.each([
    [['a', 'a', 'b', 'b'], [1, 3, 5, 7], 0.8],
    [['a', 'b'], [1, 1], 0],
    [['a', 'a', 'b', 'b'], [1, 1, 2, 2], 1],
  ])('of kinds %o and %o is %d', (kinds, values, eta) => expect(correlationRatio(kinds, values)).toBeCloseTo(eta, 12))

  const asr = Float64Array.of(0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, NaN)
  it('of a number tells how strongly, and which way', () => {
    const weights = Float64Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9)
    expect(associationOf(weights, asr)).toEqual({ measure: 'rank', strength: 1, direction: 'falls', n: 8, values: 8 })
  })
  it('of kinds tells the root of the ratio', () => {
    const kinds = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'c']
    expect(associationOf(kinds, asr)).toMatchObject({ measure: 'ratio', direction: null, n: 8, values: 2 })
    expect(associationOf(kinds, asr)?.strength).toBeCloseTo(Math.sqrt(0.32 / 0.42), 10)
  })
  it('says nothing of few models, or of a setting that does not vary among those measured', () => {
    expect(associationOf(Float64Array.of(1, 2, NaN, NaN, 3, 4, 5, 6, 7), asr)).toBeNull()
    expect(associationOf(['a', 'a', 'a', 'a', 'a', 'a', 'a', 'a', 'b'], asr)).toBeNull()
  })
})
