import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createRealBatches } from '../../../src/main/engine/families/distillation/cleanKd/realBatches'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createStateBundle } from '../../../src/main/engine/trainer/state'
import type { StateBundle } from '../../../src/main/engine/families/distillation/state'

beforeAll(async () => {
  await startTensorFlow()
})

const count = 20
/** Every pixel of image i is i, its label too: an image tells its number. */
const real = {
  count,
  height: 8,
  width: 8,
  channels: 1 as const,
  pixels: Uint8Array.from({ length: count * 64 }, (_, index) => Math.floor(index / 64)),
  labels: Int32Array.from({ length: count }, (_, index) => index),
}
const options = {
  batchSize: 3,
  percent: 0.5,
  crop: false,
  flip: true,
  normalization: { mean: [0], standardDeviation: [1] },
}
const source = (state: StateBundle, change: Partial<typeof options> = {}) =>
  createRealBatches({ ...options, ...change }, real, (name) => state.stream(name), state)

function drawn(batches: ReturnType<typeof source>): number[] {
  const { images, labels } = batches.draw()
  const numbers = [...labels.dataSync()]
  expect(images.shape).toEqual([3, 8, 8, 1])
  const pixels = images.dataSync()
  numbers.forEach((number, row) => expect(pixels[row * 64]).toBeCloseTo(number / 255, 6))
  tf.dispose([images, labels])
  return numbers
}

describe('batches of real images', () => {
  it('sees only the chosen share, each image once per pass, images with their own labels', () => {
    const batches = source(createStateBundle(1, tf))
    const passes = Array.from({ length: 20 }, () => drawn(batches)).flat()
    expect(new Set(passes).size).toBe(10)
    expect(new Set(passes.slice(0, 10)).size).toBe(10)
    expect(new Set(passes.slice(10, 20)).size).toBe(10)
    expect(passes.slice(0, 10)).not.toEqual(passes.slice(10, 20))
  })
  it('goes on exactly after a checkpoint in the middle of a pass', () => {
    const state = createStateBundle(1, tf)
    const batches = source(state)
    drawn(batches)
    const snapshot = state.snapshot()
    const expected = Array.from({ length: 6 }, () => drawn(batches))
    const other = createStateBundle(1, tf)
    const resumed = source(other)
    other.restore(snapshot)
    expect(Array.from({ length: 6 }, () => drawn(resumed))).toEqual(expected)
  })
  it('refuses a share of no image', () => {
    expect(() => source(createStateBundle(1, tf), { percent: 0.01 })).toThrow('No real image is left')
  })
})
