import { describe, expect, it } from 'vitest'
import { trendPath } from '@renderer/charts/trendPath'

describe('a trend as a path', () => {
  it('goes from the left to the right, 1 at the top', () => {
    expect(trendPath([0, 1, 0.5], 12, 12)).toBe('M1.0 11.0 L6.0 1.0 L11.0 6.0')
  })
  it('stays within its box, and is none of one point', () => {
    expect(trendPath([-1, 2], 12, 12)).toBe('M1.0 11.0 L11.0 1.0')
    expect(trendPath([0.5], 12, 12)).toBeNull()
  })
})
