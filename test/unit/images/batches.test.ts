import { describe, expect, it } from 'vitest'
import { augmentedImages, normalizationTable, normalizedImages } from '../../../src/main/engine/images/batches'
import type { Augmentation, ImageSet } from '../../../src/main/engine/images/types'
import { createStream } from '../../../src/main/engine/maths/random'

const normalization = { mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.21, 0.22] }
const drawn = 12

function images(side: number, channels: 1 | 3): ImageSet {
  const count = 20
  const pixels = Uint8Array.from(createStream(1, 'pixels').integers(count * side * side * channels, 256))
  return { count, height: side, width: side, channels, pixels, labels: new Int32Array(count) }
}

/** By the definition, pixel by pixel: crop and flip from three draws per image, black outside, then normalised. */
function byDefinition(set: ImageSet, indices: Int32Array, { crop, flip }: Augmentation): number[] {
  const { height, width, channels, pixels } = set
  const draws = createStream(3, 'augmentation').uniform(indices.length * 3)
  const table = normalizationTable(normalization, channels)
  const places = [...indices].flatMap((image, row) => {
    const [down = 0, right = 0, side = 0] = draws.subarray(row * 3)
    const [top, left] = [down, right].map((draw) => (crop ? Math.floor(draw * 9) - 4 : 0)) as [number, number]
    return Array.from({ length: height * width * channels }, (_, at) => {
      const [pixel, channel] = [Math.floor(at / channels), at % channels]
      const x = pixel % width
      const [y, column] = [Math.floor(pixel / width) + top, (flip && side < 0.5 ? width - 1 - x : x) + left]
      const outside = y < 0 || y >= height || column < 0 || column >= width
      const byte = outside ? 0 : pixels[((image * height + y) * width + column) * channels + channel]
      return table[channel]?.[byte ?? 0] ?? NaN
    })
  })
  return places
}

describe('batches', () => {
  it.each([
    { side: 32, channels: 3 },
    { side: 8, channels: 1 },
    // Smaller than the crop moves it.
    { side: 3, channels: 3 },
  ] as const)('are cropped, flipped and normalised as defined: $side × $side × $channels', ({ side, channels }) => {
    const set = images(side, channels)
    const rows = createStream(2, 'rows').permutation(set.count).subarray(0, drawn)
    const table = normalizationTable(normalization, channels)
    for (const augmentation of [true, false].flatMap((crop) => [true, false].map((flip) => ({ crop, flip })))) {
      const made = augmentedImages(set, rows, table, augmentation, createStream(3, 'augmentation'))
      expect([...made]).toEqual(byDefinition(set, rows, augmentation))
    }
    expect([...normalizedImages(set, rows, table)]).toEqual(byDefinition(set, rows, { crop: false, flip: false }))
  })

  it('take three draws for each image, whatever is switched on', () => {
    const set = images(8, 3)
    const positions = [true, false].map((on) => {
      const stream = createStream(3, 'augmentation')
      augmentedImages(set, [0, 1], normalizationTable(normalization, 3), { crop: on, flip: on }, stream)
      return stream.state()
    })
    expect(positions[0]).toEqual(positions[1])
  })
})
