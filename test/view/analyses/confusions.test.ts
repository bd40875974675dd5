import { describe, expect, it } from 'vitest'
import { frequentConfusions, rowShares } from '@renderer/analyses/confusions'

const confusion = [
  [8, 2, 0],
  [1, 3, 0],
  [0, 0, 0],
]

describe('confusions', () => {
  it('gives shares of the true class, and zeros for a class without images', () => {
    expect(rowShares(confusion)).toEqual([
      [0.8, 0.2, 0],
      [0.25, 0.75, 0],
      [0, 0, 0],
    ])
  })
  it('orders mistakes by their share of the true class, not by their count', () => {
    expect(frequentConfusions(confusion, 5)).toEqual([
      { truth: 1, predicted: 0, count: 1, share: 0.25 },
      { truth: 0, predicted: 1, count: 2, share: 0.2 },
    ])
    expect(frequentConfusions(confusion, 1)).toHaveLength(1)
    expect(
      frequentConfusions(
        [
          [5, 0],
          [0, 5],
        ],
        5,
      ),
    ).toEqual([])
  })
})
