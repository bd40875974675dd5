import { describe, expect, it } from 'vitest'
import { fittedExponent } from '../../../tools/bench/exponent.mjs'

describe('the exponent of a scale table', () => {
  it('is that of a power law, whatever its factor', () => {
    expect(fittedExponent([32, 64, 224].map((side) => [side, 3 * side ** 2] as const))).toBeCloseTo(2)
    expect(fittedExponent([64, 1024].map((batch) => [batch, 0.02 * batch] as const))).toBeCloseTo(1)
  })
})
