/**
 * The synthetic data set of a distillation: images as bytes, growing call by call, read in random order, varied like
 * training images of its data set.
 */
import * as tf from '@tensorflow/tfjs-core'
import type { Augmentation, ImageSet, Normalization } from '../../images/types'
import type { RandomStream } from '../../maths/random'
import { augmentedImages, normalizationTable } from '../../images/batches'
import type { StateBundle } from './state'

export interface ImagePoolOptions {
  readonly image: { readonly height: number; readonly width: number; readonly channels: number }
  readonly normalization: Normalization
  readonly augmentation: Augmentation
  /** Images kept; the oldest give way. 0 keeps all. */
  readonly capacity: number
  /** How an intensity becomes a byte. */
  readonly rounding: 'round' | 'truncate'
}

export interface ImagePool {
  /** Takes over normalised images and returns the bytes that they are from now on. */
  add(images: tf.Tensor4D): Uint8Array
  readonly count: number
  clear(): void
  /** Batches of `size` normalised images, each image once before any comes again; varied per image. */
  batches(size: number): () => tf.Tensor4D
}

/** Normalised values to bytes. */
function bytesOf(
  values: Float32Array,
  { mean, standardDeviation }: Normalization,
  channels: number,
  rounding: ImagePoolOptions['rounding'],
): Uint8Array {
  const whole = rounding === 'round' ? Math.round : Math.floor
  return Uint8Array.from(values, (value, index) => {
    const channel = index % channels
    return Math.max(0, Math.min(255, whole((value * (standardDeviation[channel] ?? 1) + (mean[channel] ?? 0)) * 255)))
  })
}

/**
 * A pool that grows like a folder of pictures, part of every checkpoint.
 * Reference: ABD cmi/datafree/utils/_utils.py ImagePool and the loader of CMISynthesizer. Differs from the reference:
 * bytes are rounded unless 'truncate' is asked for,
 * a last batch is filled up from the next round instead of being small, and a pool belongs to its run instead of to a
 * folder that is never emptied.
 */
export function createImagePool(options: ImagePoolOptions, stream: RandomStream, state: StateBundle): ImagePool {
  const { height, width, channels } = options.image
  const size = height * width * channels
  const table = normalizationTable(options.normalization, channels)
  let pixels = new Uint8Array(0)
  let count = 0
  let next = 0
  const grow = (images: number): void => {
    if (images * size <= pixels.length) return
    const larger = new Uint8Array(
      Math.max(images, options.capacity > 0 ? Math.min(options.capacity, 2 * count) : 2 * count) * size,
    )
    larger.set(pixels)
    pixels = larger
  }
  state.addPlain('pool', {
    read: () => ({ next }),
    write: (saved) => {
      next = Number(saved.next ?? 0)
    },
  })
  state.addPooled('poolImages', {
    read: () =>
      count === 0
        ? new Map()
        : new Map([
            [
              'images',
              { dtype: 'uint8', shape: [count, height, width, channels], data: pixels.slice(0, count * size) },
            ],
          ]),
    write: (saved) => {
      const images = saved.get('images')
      count = images?.shape[0] ?? 0
      pixels = images ? Uint8Array.from(images.data as Uint8Array) : new Uint8Array(0)
    },
  })

  return {
    get count() {
      return count
    },
    add(images) {
      const bytes = bytesOf(images.dataSync() as Float32Array, options.normalization, channels, options.rounding)
      for (let image = 0; image < images.shape[0]; image++) {
        grow(next + 1)
        pixels.set(bytes.subarray(image * size, (image + 1) * size), next * size)
        count = Math.max(count, next + 1)
        next = options.capacity > 0 ? (next + 1) % options.capacity : next + 1
      }
      return bytes
    },
    clear() {
      pixels = new Uint8Array(0)
      count = 0
      next = 0
    },
    batches(batch) {
      const set: ImageSet = {
        count,
        height,
        width,
        channels: channels === 1 ? 1 : 3,
        pixels,
        labels: new Int32Array(0),
      }
      let order = stream.permutation(count)
      let place = 0
      return () => {
        const indices = Int32Array.from({ length: batch }, () => {
          if (place === order.length) {
            order = stream.permutation(count)
            place = 0
          }
          return order[place++] ?? 0
        })
        return tf.tensor4d(augmentedImages(set, indices, table, options.augmentation, stream), [
          batch,
          height,
          width,
          channels,
        ])
      }
    },
  }
}
