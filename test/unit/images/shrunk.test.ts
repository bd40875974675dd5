import { describe, expect, it } from 'vitest'
import { shrunk } from '../../../src/main/engine/images/shrunk'

describe('Images made smaller', () => {
  const pixels = Uint8Array.from([0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140])
  const batch = { count: 1, height: 3, width: 5, channels: 1, pixels } as const

  it('are means of blocks, cut at the right and lower edge', () => {
    expect(shrunk(batch, 3)).toEqual({
      count: 1,
      height: 2,
      width: 3,
      channels: 1,
      pixels: Uint8Array.from([30, 50, 65, 105, 125, 140]),
    })
  })

  it('stay as they are where they fit in', () => {
    expect(shrunk(batch, 5)).toBe(batch)
  })
})
