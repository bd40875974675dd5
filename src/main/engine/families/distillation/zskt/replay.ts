/** A memory of synthetic images: the student keeps meeting what the generator made earlier, shifted and relit. */
import * as tf from '@tensorflow/tfjs-core'
import { float32Tensor, toFloat32 } from '../../../weights/weightMap'
import type { RandomStream } from '../../../maths/random'
import type { StateBundle } from '../state'

export interface ReplayOptions {
  /** Images kept; the oldest give way. */
  readonly capacity: number
  /** Share of a student batch that comes from the memory, 0 to 1. */
  readonly share: number
  /** Random shift of each image by up to so many pixels, edges repeated. */
  readonly shift: number
  /** Random gain 1 ± light and offset ± light (in the normalised space) of each image. */
  readonly light: number
}

export interface ReplayMemory {
  /** Takes over the images of a pseudo batch. */
  add(images: tf.Tensor4D): void
  /**
   * A student batch of the newest batch's size: the share from the memory, the rest from the newest batch, augmented.
   */
  draw(): tf.Tensor4D
}

type Shape = readonly [number, number, number, number]

/** One image among others of its shape. */
interface ImagePlace {
  readonly values: Float32Array
  /** Where it begins. */
  readonly first: number
}

/** How an image is varied. */
interface Variation {
  readonly top: number
  readonly left: number
  readonly gain: number
  readonly offset: number
}

/** x'(r, c) = gain · x(r + top, c + left) + offset, edges repeated. */
function shiftAndLight(
  { values: source, first: from }: ImagePlace,
  { values: out, first: to }: ImagePlace,
  [, height, width, channels]: Shape,
  { top, left, gain, offset }: Variation,
): void {
  const clamp = (value: number, size: number): number => Math.max(0, Math.min(size - 1, value))
  let target = to
  for (let row = 0; row < height; row++) {
    const start = from + clamp(row + top, height) * width * channels
    for (let column = 0; column < width; column++) {
      const pixel = start + clamp(column + left, width) * channels
      for (let channel = 0; channel < channels; channel++)
        out[target++] = gain * (source[pixel + channel] ?? 0) + offset
    }
  }
}

/**
 * A ring of images on the host, part of every checkpoint.
 * The ring grows with what it holds, so that a short run does not pay for a large capacity.
 */
export function createReplayMemory(
  options: ReplayOptions,
  shape: Shape,
  stream: RandomStream,
  state: StateBundle,
): ReplayMemory {
  const [batch, height, width, channels] = shape
  const size = height * width * channels
  const slots = Math.max(1, Math.floor(options.capacity / batch))
  const batches: Float32Array[] = []
  let newest = -1
  let added = 0
  state.addPlain('replay', {
    read: () => ({ newest, added }),
    write: (saved) => {
      newest = Number(saved.newest ?? -1)
      added = Number(saved.added ?? 0)
    },
  })
  state.addPooled('replayImages', {
    read: () => new Map(batches.map((images, slot) => [String(slot), float32Tensor(shape, images)])),
    write: (saved) => {
      batches.length = 0
      for (const tensor of saved.values()) batches.push(Float32Array.from(toFloat32(tensor)))
    },
  })
  const remembered = Math.min(batch, Math.round(batch * options.share))

  return {
    add(images) {
      newest = added % slots
      batches[newest] = Float32Array.from(images.dataSync() as Float32Array)
      added += 1
    },
    draw() {
      const fresh = batches[newest]
      if (!fresh) throw new Error('A student batch was asked for before the first pseudo batch.')
      const out = new Float32Array(batch * size)
      const places = stream.integers(Math.max(1, remembered), batches.length * batch)
      const order = stream.permutation(batch)
      const draws = stream.uniform(batch * 4)
      for (let row = 0; row < batch; row++) {
        const place = row < remembered ? (places[row] ?? 0) : newest * batch + (order[row] ?? 0)
        const source = batches[Math.floor(place / batch)] ?? fresh
        const [first = 0, second = 0, third = 0, fourth = 0] = draws.subarray(row * 4, row * 4 + 4)
        const steps = 2 * options.shift + 1
        shiftAndLight({ values: source, first: (place % batch) * size }, { values: out, first: row * size }, shape, {
          top: Math.floor(first * steps) - options.shift,
          left: Math.floor(second * steps) - options.shift,
          gain: 1 + options.light * (2 * third - 1),
          offset: options.light * (2 * fourth - 1),
        })
      }
      return tf.tensor4d(out, [batch, height, width, channels])
    },
  }
}
