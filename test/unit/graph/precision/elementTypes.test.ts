import { describe, expect, it } from 'vitest'
import { roundToBfloat16 } from '../../../../src/main/engine/graph/precision/elementTypes'

const rounded = (...values: number[]): string[] => {
  const content = roundToBfloat16(new Uint8Array(new Float32Array(values).buffer))
  return [...new Uint16Array(content.buffer)].map((bits) => bits.toString(16).padStart(4, '0'))
}

describe('rounding to bfloat16', () => {
  it('keeps what eight bits hold', () => {
    expect(rounded(0, -0, 1, -2.5, Infinity, -Infinity)).toEqual(['0000', '8000', '3f80', 'c020', '7f80', 'ff80'])
  })

  it('goes to the nearest, and to the even one where two are as near', () => {
    const [above, tie, oddTie] = [1 + 2 ** -8 + 2 ** -20, 1 + 2 ** -8, 1 + 3 * 2 ** -8]
    expect(rounded(above, tie, oddTie, -tie)).toEqual(['3f81', '3f80', '3f82', 'bf80'])
  })

  it('leaves no number where none was', () => {
    expect(rounded(NaN)).toEqual(['7fc0'])
  })
})
