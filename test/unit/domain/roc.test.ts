import { describe, expect, it } from 'vitest'
import { areaUnderRoc, aucInterval, rocCurve } from '../../../src/shared/domain'
import { rankCorrelation } from '../../../src/shared/domain/importance'
import reference from '../../fixtures/analyses/roc.json'

describe.each(reference.cases.map((one, index) => ({ ...one, index })))('ROC of case $index', (one) => {
  it('has SciPy’s area, and the interval of the quartic’s roots', () => {
    expect(areaUnderRoc(one)).toBeCloseTo(one.area, 12)
    const { low, high } = aucInterval(one.area, one.positives.length, one.negatives.length)
    expect(low).toBeCloseTo(one.interval[0] ?? NaN, 9)
    expect(high).toBeCloseTo(one.interval[1] ?? NaN, 9)
  })
  it('has NumPy’s curve, under which lies that area', () => {
    const points = rocCurve(one)
    expect(points.map(({ falsePositives, truePositives }) => [falsePositives, truePositives])).toEqual(one.curve)
    const trapezia = points.slice(1).reduce((sum, { falsePositives, truePositives }, index) => {
      const last = points[index] as (typeof points)[number]
      return sum + ((falsePositives - last.falsePositives) * (truePositives + last.truePositives)) / 2
    }, 0)
    expect(trapezia).toBeCloseTo(one.trapezia, 12)
  })
})

it('has no area without positives or negatives', () => {
  expect(areaUnderRoc({ positives: [], negatives: [1] })).toBeNull()
  expect(areaUnderRoc({ positives: [1], negatives: [] })).toBeNull()
})

it('correlates ranks as SciPy does', () =>
  expect(rankCorrelation(reference.ranked.first, reference.ranked.second)).toBeCloseTo(reference.ranked.spearman, 12))
