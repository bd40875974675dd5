import { describe, expect, it } from 'vitest'
import { wordFilter } from '@renderer/format/words'

describe('wordFilter', () => {
  it('wants every word, in any order and case', () => {
    expect(wordFilter('SV  blend')('Blend, student with SV')).toBe(true)
    expect(wordFilter('sv grid')('Blend, student with SV')).toBe(false)
  })
  it('lets everything through while nothing is typed', () => {
    expect(wordFilter('  ')('')).toBe(true)
  })
})
