/** What a defense may learn of the test images: one number for each, for its report. */
import * as tf from '@tensorflow/tfjs-core'
import type { ImageSet, Normalization } from '../images/types'
import type { TestDivergences } from '../families/defenses/types'
import { normalizationTable, normalizedImages } from '../images/batches'
import type { TestSets } from './evaluation'

/** Per set, evenly spread: the AUC’s standard error is then about 0.02 at most, and a test costs seconds. */
const largestSample = 500
const batchSize = 100

function spread(indices: readonly number[]): number[] {
  const count = Math.min(largestSample, indices.length)
  return Array.from({ length: count }, (_, position) => indices[Math.floor((position * indices.length) / count)] ?? 0)
}

/**
 * Clean test images, and triggered ones of the other classes than the target, as the reference compares them
 * (zskt/utils/syn_vaccine.py test_suspect_model).
 * Differs from the reference: at most 500 of each, evenly spread.
 */
export function createTestDivergences(sets: TestSets, normalization: Normalization): TestDivergences {
  const chosen = (set: ImageSet, counts: (label: number) => boolean): number[] =>
    spread(Array.from(set.labels.keys()).filter((index) => counts(set.labels[index] ?? 0)))
  return (measure) => {
    const valuesOf = (set: ImageSet, indices: readonly number[]): number[] => {
      const table = normalizationTable(normalization, set.channels)
      const values: number[] = []
      for (let first = 0; first < indices.length; first += batchSize) {
        // Filled up, so that one captured step serves every batch.
        const batch = Array.from(
          { length: batchSize },
          (_, offset) => indices[Math.min(first + offset, indices.length - 1)] ?? 0,
        )
        const images = tf.tensor4d(normalizedImages(set, batch, table), [
          batchSize,
          set.height,
          set.width,
          set.channels,
        ])
        values.push(...measure(images).slice(0, indices.length - first))
        images.dispose()
      }
      return values
    }
    const { clean, triggered, target } = sets
    return {
      clean: valuesOf(
        clean,
        chosen(clean, () => true),
      ),
      triggered: triggered
        ? valuesOf(
            triggered,
            chosen(triggered, (label) => label !== target),
          )
        : null,
    }
  }
}
