import { describe, expect, it } from 'vitest'
import { jointVerdict, seedsFor, verdictOn, verdictWords } from '../../../src/shared/domain'

const kindOf = (values: readonly number[], published: number): string | undefined => verdictOn(values, published)?.kind

describe('the verdict on a published number', () => {
  const ours = [0.7, 0.72, 0.74]
  it('is "reproduced" inside the interval of one more seed, "not reproduced" outside', () => {
    expect(kindOf(ours, 0.719)).toBe('reproduced')
    expect(kindOf(ours, 0.6207)).toBe('reproduced')
    expect(kindOf(ours, 0.6206)).toBe('notReproduced')
    expect(kindOf(ours, 0.8194)).toBe('notReproduced')
    expect(verdictOn(ours, 0.6)?.difference).toBeCloseTo(0.12, 12)
  })
  it('takes one percentage point for no difference, however little the seeds vary', () => {
    expect(kindOf([0, 0, 0], 0.007)).toBe('reproduced')
    expect(kindOf([0, 0, 0], 0.01)).toBe('reproduced')
    expect(kindOf([0, 0, 0], 0.011)).toBe('notReproduced')
  })
  it('wants three seeds before anything, and says how many more', () => {
    expect(verdictOn([], 0.5)).toBeNull()
    expect(verdictOn([0.5], 0.5)).toMatchObject({ kind: 'moreSeeds', more: 2, interval: null })
    expect(verdictOn([0.1, 0.1], 0.9)).toMatchObject({ kind: 'moreSeeds', more: 1 })
  })
  it('does not call a wide interval agreement: it asks for as many seeds as the deviation wants', () => {
    // s = 0.05: seven seeds bring t* s / √N to 0.0462, six only to 0.0525.
    expect(verdictOn([0.65, 0.7, 0.75], 0.7)).toMatchObject({ kind: 'moreSeeds', more: 4 })
    // Outside even the wide one needs no further seed.
    expect(kindOf([0.65, 0.7, 0.75], 0.2)).toBe('notReproduced')
  })
  it('counts seeds as scipy’s quantiles do', () => {
    expect([0.02, 0.0201, 0.05, 0.2, 0.5].map(seedsFor)).toEqual([3, 3, 7, 64, 387])
    expect(seedsFor(0)).toBe(3)
  })
  it('joins accuracy and ASR: one miss is a miss, and the larger number of seeds is wanted', () => {
    const reproduced = verdictOn(ours, 0.719)
    const wide = verdictOn([0.65, 0.7, 0.75], 0.7)
    expect(jointVerdict([reproduced, null])).toEqual({ kind: 'reproduced', more: 0 })
    expect(jointVerdict([reproduced, wide])).toEqual({ kind: 'moreSeeds', more: 4 })
    expect(jointVerdict([wide, verdictOn(ours, 0)])).toEqual({ kind: 'notReproduced', more: 0 })
    expect(jointVerdict([null])).toBeNull()
  })
  it('is said in words', () => {
    const words = [
      verdictWords({ kind: 'reproduced', more: 0 }),
      verdictWords({ kind: 'notReproduced', more: 0 }),
      verdictWords({ kind: 'moreSeeds', more: 1 }),
      verdictWords({ kind: 'moreSeeds', more: 4 }),
    ]
    expect(words).toEqual(['reproduced', 'not reproduced', 'needs 1 more seed', 'needs 4 more seeds'])
  })
})
