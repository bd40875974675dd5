import { describe, expect, it } from 'vitest'
import { variationOf } from '../../../src/main/engine/images/variation'

const pixels = (...images: number[][]) => ({ count: images.length, pixels: Uint8Array.from(images.flat()) })

describe('variationOf', () => {
  it('tells plain areas and one image again and again', () => {
    expect(variationOf(pixels([9, 9, 9], [200, 200, 200]))).toEqual({
      within: 0,
      between: expect.closeTo(95.5 / 255, 6) as number,
    })
    expect(variationOf(pixels([0, 255], [0, 255]))).toEqual({ within: 0.5, between: 0 })
    expect(variationOf(pixels([0, 255], [255, 0]))).toEqual({ within: 0.5, between: 0.5 })
    expect(variationOf(pixels())).toEqual({ within: 0, between: 0 })
  })
})
