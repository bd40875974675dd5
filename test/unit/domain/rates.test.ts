import { describe, expect, it } from 'vitest'
import { partsFrom, rateOf, type Evaluation } from '../../../src/shared/domain'

const evaluation: Evaluation = {
  accuracy: 0.8,
  asr: 0,
  asrAll: 0.1,
  robustAccuracy: null,
  images: 10,
  nonTarget: 9,
}

describe('rateOf', () => {
  it('gives a rate with the images behind it and its interval', () => {
    expect(rateOf(evaluation, 'accuracy')).toEqual({
      value: 0.8,
      images: 10,
      interval: { low: expect.closeTo(0.4902, 4) as number, high: expect.closeTo(0.9433, 4) as number },
    })
    expect(rateOf(evaluation, 'asr')).toMatchObject({ images: 9, interval: { low: 0 } })
    expect(rateOf(evaluation, 'asrAll')).toMatchObject({ images: 10 })
  })
  it('is null of what was not measured', () => {
    expect(rateOf(evaluation, 'robustAccuracy')).toBeNull()
    expect(rateOf(null, 'accuracy')).toBeNull()
    expect(rateOf({ ...evaluation, accuracy: NaN }, 'accuracy')).toBeNull()
  })
})

describe('partsFrom', () => {
  it.each([
    [[0.1, 0.2], [0.3, 0.4], true],
    [[0.3, 0.4], [0.1, 0.2], true],
    [[0.1, 0.3], [0.2, 0.4], false],
    [[0.1, 0.4], [0.2, 0.3], false],
    [[0.1, 0.2], [0.2, 0.3], false],
  ] as const)('%j and %j: %s', ([low, high], [otherLow, otherHigh], parts) => {
    expect(partsFrom({ low, high }, { low: otherLow, high: otherHigh })).toBe(parts)
  })
  it('says nothing of what is not known', () => {
    expect(partsFrom(null, { low: 0, high: 1 })).toBe(false)
  })
})
