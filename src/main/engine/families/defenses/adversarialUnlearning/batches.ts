/** The clean images that a privileged defense is given, in batches of one size. */
import * as tf from '@tensorflow/tfjs-core'
import { normalizationTable, normalizedImages } from '../../../images/batches'
import { selectImages } from '../../../images/imageSets'
import type { ImageSet, Normalization } from '../../../images/types'
import type { LabelledImages } from '../../../maths/losses/adversarialUnlearning'
import type { RandomStream } from '../../../maths/random'
import type { AdversarialUnlearningParameters } from './parameters'

export interface CleanBatches {
  readonly count: number
  /** Images of each. */
  readonly size: number
  /** The caller disposes them. */
  at(index: number): LabelledImages
}

/** `images` of the set, drawn at random; all where there are fewer. */
export function createCleanBatches(
  set: ImageSet,
  normalization: Normalization,
  {
    images,
    batchSize,
    stream,
  }: Pick<AdversarialUnlearningParameters, 'images' | 'batchSize'> & { stream: RandomStream },
): CleanBatches {
  const drawn = selectImages(set, stream.permutation(set.count).subarray(0, images))
  const size = Math.min(batchSize, drawn.count)
  const table = normalizationTable(normalization, set.channels)
  return {
    count: Math.floor(drawn.count / size),
    size,
    at(index) {
      const rows = Int32Array.from({ length: size }, (_, row) => index * size + row)
      return {
        images: tf.tensor4d(normalizedImages(drawn, rows, table), [size, set.height, set.width, set.channels]),
        labels: tf.tensor1d(
          Int32Array.from(rows, (row) => drawn.labels[row] ?? 0),
          'int32',
        ),
      }
    },
  }
}
