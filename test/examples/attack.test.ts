import { describe, expect, it } from 'vitest'
import { invertedFrame } from '../../examples/attack/invertedFrame'
import { attacks, createTrigger } from '../../src/main/engine/families/attacks'
import { createRegistry } from '../../src/shared/schema'
import { testMember } from '../contract/memberSuite'

/** The family with the example's one line. */
const family = createRegistry('attack', attacks.title, [...attacks.members, invertedFrame])

describe('example of an attack', () => {
  testMember(invertedFrame, family)

  it('inverts the frame and nothing else', async () => {
    const trigger = await createTrigger(
      family,
      { id: 'inverted_frame', params: { width: 1 } },
      { height: 3, width: 3, channels: 1 },
    )
    expect([...trigger.apply(Uint8Array.from([0, 10, 20, 30, 40, 50, 60, 70, 80]), 1, 'train')]).toEqual([
      255, 245, 235, 225, 40, 205, 195, 185, 175,
    ])
  })
  it('is known by its parameters to form and command line', async () => {
    const wrong = createTrigger(
      family,
      { id: 'inverted_frame', params: { width: 99 } },
      { height: 8, width: 8, channels: 3 },
    )
    await expect(wrong).rejects.toThrow(/width/)
  })
})
