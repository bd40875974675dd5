import { describe, expect, it } from 'vitest'
import {
  criticalT,
  deviationOf,
  meanInterval,
  medianOf,
  pairedTest,
  predictionInterval,
  summaryOf,
  twoSidedProbability,
  wilsonInterval,
} from '../../../src/shared/domain'

// Reference values: scipy 1.17.1 (stats.t, ttest_rel, binomtest(…).proportion_ci('wilson')).

describe('Student’s t', () => {
  it.each([
    [1, 12.706204736174694, 0.24223788318168682],
    [2, 4.302652729749462, 0.12961172022151082],
    [3, 3.1824463052837078, 0.08770664700806556],
    [4, 2.7764451051977934, 0.06676654481198814],
    [5, 2.5705818356363146, 0.05449009934237626],
    [7, 2.364624251592784, 0.04099221858575289],
    [10, 2.228138851986274, 0.03144684423660882],
    [30, 2.0422724563012378, 0.01811564906806669],
    [99, 1.9842169515864174, 0.014062596921149069],
    [500, 1.9647198374673676, 0.012738575500883852],
  ])('with %i degrees of freedom', (freedom, critical, probability) => {
    expect(criticalT(freedom)).toBeCloseTo(critical, 11)
    expect(twoSidedProbability(2.5, freedom)).toBeCloseTo(probability, 13)
    expect(twoSidedProbability(-2.5, freedom)).toBeCloseTo(probability, 13)
  })
  it('is sure of nothing at 0 and of everything at infinity', () => {
    expect(twoSidedProbability(0, 4)).toBe(1)
    expect(twoSidedProbability(Infinity, 3)).toBe(0)
    expect(twoSidedProbability(1e300, 2)).toBe(0)
  })
})

describe('a summary', () => {
  const values = [0.7, 0.72, 0.74]
  it('has mean, deviation with n − 1, median, ends and the t interval of the mean', () => {
    const summary = summaryOf([...values, null])
    expect(summary).toMatchObject({ n: 3, median: 0.72, min: 0.7, max: 0.74 })
    expect(summary?.mean).toBeCloseTo(0.72, 14)
    expect(summary?.deviation).toBeCloseTo(0.02, 14)
    expect(summary?.interval?.low).toBeCloseTo(0.6703172457649934, 12)
    expect(summary?.interval?.high).toBeCloseTo(0.7696827542350068, 12)
    expect(deviationOf([1, 2, 4])).toBeCloseTo(1.5275252316519465, 14)
  })
  it('says of one value itself alone, and nothing of none', () => {
    expect(summaryOf([0.5])).toEqual({
      n: 1,
      mean: 0.5,
      deviation: null,
      median: 0.5,
      min: 0.5,
      max: 0.5,
      interval: null,
    })
    expect(summaryOf([null])).toBeNull()
    expect(meanInterval([1])).toBeNull()
  })
  it('takes the mean of the middle two for the median of an even number, whatever the order', () => {
    expect(medianOf([9, 1, 2, 4])).toBe(3)
    expect(medianOf([10, 9, 2])).toBe(9)
  })
  it('predicts where one more seed would lie', () => {
    const interval = predictionInterval(values)
    expect(interval?.low).toBeCloseTo(0.6206344915299868, 12)
    expect(interval?.high).toBeCloseTo(0.8193655084700133, 12)
  })
})

describe('Wilson’s interval', () => {
  it.each([
    [8, 10, 0.4901624715366418, 0.9433178485456248],
    [0, 10, 0, 0.27753279986288926],
    [10, 10, 0.7224672001371109, 1],
    [9690, 10_000, 0.9654188223848609, 0.9722209871434445],
  ])('of %i in %i', (successes, images, low, high) => {
    const interval = wilsonInterval(successes, images)
    expect(interval.low).toBeCloseTo(low, 12)
    expect(interval.high).toBeCloseTo(high, 12)
  })
  it('never leaves 0 … 1, and of no image says nothing', () => {
    expect([wilsonInterval(0, 7).low, wilsonInterval(7, 7).high]).toEqual([0, 1])
    expect(wilsonInterval(0, 0)).toEqual({ low: 0, high: 1 })
  })
})

describe('the paired test', () => {
  it('agrees with scipy’s ttest_rel', () => {
    const test = pairedTest([
      [0.9, 0.2],
      [0.8, 0.3],
      [0.85, 0.1],
    ])
    expect(test?.n).toBe(3)
    expect(test?.difference).toBeCloseTo(-0.65, 14)
    expect(test?.t).toBeCloseTo(-8.510497719203704, 10)
    expect(test?.p).toBeCloseTo(0.013527193051745328, 12)
    expect(test?.interval.low).toBeCloseTo(-0.9786205303864214, 12)
    expect(test?.interval.high).toBeCloseTo(-0.3213794696, 9)
  })
  it('wants three pairs', () => {
    expect(
      pairedTest([
        [1, 0],
        [0.9, 0],
      ]),
    ).toBeNull()
  })
  it('is certain where all differences are one number, and finds none where they are 0', () => {
    const same = (first: number, second: number): [number, number][] => [
      [first, second],
      [first + 0.1, second + 0.1],
      [first + 0.2, second + 0.2],
    ]
    expect(pairedTest(same(0.7, 0.1))).toMatchObject({ t: -Infinity, p: 0 })
    expect(pairedTest(same(0.3, 0.3))).toMatchObject({ t: 0, p: 1, difference: 0 })
  })
})
