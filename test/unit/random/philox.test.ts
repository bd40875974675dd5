import { describe, expect, it } from 'vitest'
import { philoxBlock } from '../../../src/main/engine/maths/random'

const ones = 0xffffffff
// Random123, kat_vectors, "philox4x32 10": counter, key, expected words.
const knownAnswers = [
  { counter: [0, 0, 0, 0], key: [0, 0], words: [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8] },
  { counter: [ones, ones, ones, ones], key: [ones, ones], words: [0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd] },
  {
    counter: [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
    key: [0xa4093822, 0x299f31d0],
    words: [0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1],
  },
] as const

describe('Philox4x32-10', () => {
  it.each(knownAnswers)('gives the published words for counter $counter', ({ counter, key, words }) => {
    const out = new Uint32Array(6)
    philoxBlock(
      ...(counter as unknown as [number, number, number, number]),
      ...(key as unknown as [number, number]),
      out,
      1,
    )
    expect([...out]).toEqual([0, ...words, 0])
  })
})
