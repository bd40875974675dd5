import { describe, expect, it } from 'vitest'
import { betaDraw, cutMix } from '../../../src/main/engine/families/distillation/oneImage/cutMix'
import { createPatches } from '../../../src/main/engine/families/distillation/oneImage/patches'
import { drawPicture } from '../../../src/main/engine/families/distillation/oneImage/picture'
import type { Picture } from '../../../src/main/engine/families/distillation/types'
import { createStream } from '../../../src/main/engine/maths/random'

describe('CutMix', () => {
  it.each([1e-4, 0.25, 1, 2, 10])('draws its share from Beta(α, α), α = %f, in a few random numbers', (alpha) => {
    const stream = createStream(1, 'beta')
    const count = 2000
    const draws = Array.from({ length: count }, () => betaDraw(alpha, stream))
    const mean = draws.reduce((total, value) => total + value, 0) / count
    const variance = draws.reduce((total, value) => total + (value - mean) ** 2, 0) / count
    expect(mean).toBeCloseTo(0.5, 1)
    expect(variance / (1 / (4 * (2 * alpha + 1)))).toBeCloseTo(1, 0.7)
    const again = createStream(1, 'beta')
    expect(draws.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => betaDraw(alpha, again)))
    // Every draw begins a fresh block of four words: at most six calls for each share on average.
    expect(stream.state().counter / count).toBeLessThan(6)
  })

  it('fills one box, the same in all images, from other images of the batch', () => {
    const shape = { count: 5, height: 6, width: 6, channels: 1 }
    const batch = Float32Array.from({ length: 5 * 36 }, (_unused, index) => Math.floor(index / 36))
    let mixed = 0
    const stream = createStream(1, 'cutMix')
    for (let attempt = 0; attempt < 20; attempt++) {
      const images = batch.slice()
      cutMix(images, shape, 0.25, stream)
      const changed = (image: number): number[] =>
        Array.from({ length: 36 }, (_unused, pixel) => pixel).filter((pixel) => images[image * 36 + pixel] !== image)
      const boxes = [0, 1, 2, 3, 4].map(changed).filter((box) => box.length > 0)
      if (boxes.length > 0) mixed += 1
      for (const box of boxes) expect(box).toEqual(boxes[0])
      for (let image = 0; image < 5; image++)
        expect(new Set(changed(image).map((pixel) => images[image * 36 + pixel])).size).toBeLessThanOrEqual(1)
    }
    expect(mixed).toBeGreaterThan(5)
  })
})

describe('patches', () => {
  const options = { count: 20, height: 8, width: 8, smallest: 0.01, largest: 1, rotation: 35, flips: true, colour: 0 }
  const ramp: Picture = {
    side: 64,
    channels: 1,
    pixels: Uint8Array.from({ length: 4096 }, (_unused, index) => 4 * (index % 64)),
  }

  it('are the same for the same stream, drawn in whatever order', () => {
    const [first, second] = [
      createPatches(ramp, options, createStream(1, 'patches')),
      createPatches(ramp, options, createStream(1, 'patches')),
    ]
    first.need([3, 7])
    second.need([7, 0, 3])
    expect(first.set.pixels.slice(3 * 64, 4 * 64)).toEqual(second.set.pixels.slice(3 * 64, 4 * 64))
    expect(second.set.pixels.slice(0, 64)).not.toEqual(second.set.pixels.slice(3 * 64, 4 * 64))
  })

  it('are of the sizes that were asked for, and mirrored only where they may be', () => {
    const rampOf = (change: Partial<typeof options>): number[] => {
      const { set, need } = createPatches(ramp, { ...options, rotation: 0, ...change }, createStream(3, 'patches'))
      need(Array.from({ length: 20 }, (_unused, index) => index))
      return Array.from(
        { length: 20 },
        (_unused, patch) => (set.pixels[patch * 64 + 7] ?? 0) - (set.pixels[patch * 64] ?? 0),
      )
    }
    const both = rampOf({})
    expect(both.some((rise) => rise < 0) && both.some((rise) => rise > 0)).toBe(true)
    expect(rampOf({ flips: false })).toEqual(both.map(Math.abs))
    // A patch of side share s rises over 7/8 of s · 252 grey levels, and the borders reflect at most half a pixel of
    // it.
    const small = rampOf({ smallest: 0.04, largest: 0.0625 }).map(Math.abs)
    expect(Math.max(...small)).toBeLessThanOrEqual(0.25 * 252)
    expect(Math.min(...small)).toBeGreaterThan((0.2 * 252 * 7) / 8 - 8)
  })

  it('take the picture’s own values, unturned as a ramp of constant slope', () => {
    const { set, need } = createPatches(ramp, { ...options, rotation: 0 }, createStream(2, 'patches'))
    need(Array.from({ length: 20 }, (_unused, index) => index))
    for (let patch = 0; patch < 20; patch++) {
      const row = [...set.pixels.slice(patch * 64, patch * 64 + 8)]
      expect(set.pixels.slice(patch * 64 + 56, patch * 64 + 64)).toEqual(Uint8Array.from(row))
      const slopes = row.slice(1).map((value, index) => value - (row[index] ?? 0))
      expect(Math.max(...slopes) - Math.min(...slopes)).toBeLessThanOrEqual(2)
    }
  })
})

describe('the built-in picture', () => {
  it('is rich in values, the same for the same seed and another for another', async () => {
    const picture = await drawPicture(0, 1)
    expect(new Set(picture.pixels).size).toBeGreaterThan(200)
    expect((await drawPicture(0, 1)).pixels).toEqual(picture.pixels)
    expect((await drawPicture(1, 1)).pixels).not.toEqual(picture.pixels)
  })

  it('is given up while it is drawn', async () => {
    const controller = new AbortController()
    const drawing = drawPicture(0, 3, controller.signal)
    controller.abort(new Error('overtaken'))
    await expect(drawing).rejects.toThrow('overtaken')
  })
})
