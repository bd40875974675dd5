/** Batches of real training images, for the one method that is allowed to see them. */
import * as tf from '@tensorflow/tfjs-core'
import { RefusedInputError } from '../../../../../shared/errors'
import type { ImageSet, Normalization } from '../../../images/types'
import type { RandomStream } from '../../../maths/random'
import { augmentedImages, normalizationTable } from '../../../images/batches'
import type { StateBundle } from '../state'

/** Clean training images with their true labels. */
export type RealImages = ImageSet

export interface RealBatchOptions {
  readonly batchSize: number
  /** Share of the images that may be seen, 0 to 1. */
  readonly percent: number
  readonly crop: boolean
  readonly flip: boolean
  readonly normalization: Normalization
}

export interface RealBatches {
  /** The next batch: images [N, H, W, C] normalised and augmented, labels int32 [N]. The caller disposes both. */
  draw(): { images: tf.Tensor4D; labels: tf.Tensor1D }
}

/**
 * A random subset of int(percent · count) images, drawn once, then passes over it in random order without end; a batch
 * may reach into the next pass.
 * The place in the pass is part of every checkpoint.
 * @throws RefusedInputError when the share is less than one image
 */
export function createRealBatches(
  options: RealBatchOptions,
  real: RealImages,
  streamOf: (name: string) => RandomStream,
  state: StateBundle,
): RealBatches {
  const seen = Math.trunc(options.percent * real.count)
  if (seen < 1) {
    throw new RefusedInputError('No real image is left to learn from.', {
      wanted: 'a share of at least one image',
      got: `${options.percent} of ${real.count} images`,
      where: 'distillation.method.params.percent',
      action: 'Raise the share.',
    })
  }
  const subset = streamOf('realSubset').permutation(real.count).slice(0, seen)
  const table = normalizationTable(options.normalization, real.channels)
  let order: number[] = []
  state.addPlain('realImages', {
    read: () => ({ order: [...order] }),
    write: (saved) => {
      order = Array.isArray(saved.order) ? saved.order.map(Number) : []
    },
  })
  const next = (): number => {
    if (order.length === 0) order = [...streamOf('dataOrder').permutation(seen)]
    return subset[order.pop() ?? 0] ?? 0
  }
  return {
    draw() {
      const chosen = Int32Array.from({ length: options.batchSize }, next)
      const pixels = augmentedImages(real, chosen, table, options, streamOf('augmentation'))
      return {
        images: tf.tensor4d(pixels, [chosen.length, real.height, real.width, real.channels]),
        labels: tf.tensor1d(
          chosen.map((index) => real.labels[index] ?? 0),
          'int32',
        ),
      }
    },
  }
}
