/** A classifier as an analysis sees it: images in, logits out. */
import * as tf from '@tensorflow/tfjs-core'
import type { ImageModel } from '../families/analyses/types'
import type { StepProgram, StepRunner } from '../graph/types'
import { normalizationTable, normalizedImages } from '../images/batches'
import type { ImageSet, Normalization } from '../images/types'
import type { Classifier } from '../maths/nn/types'

const batchSize = 100

/** `name`: of the captured step, unique in the program. The last batch is filled up so that one graph serves all. */
export function createImageModel(
  program: StepProgram,
  name: string,
  classifier: Classifier,
  normalization: Normalization,
): ImageModel {
  let runner: StepRunner | undefined
  const { classes } = classifier
  return {
    classes,
    logits(set: ImageSet) {
      runner ??= program.compile(name, ({ images }) => ({
        logits: classifier.forward(images as tf.Tensor4D, { training: false }).logits,
      }))
      const table = normalizationTable(normalization, set.channels)
      const all = new Float32Array(set.count * classes)
      for (let first = 0; first < set.count; first += batchSize) {
        const rows = Array.from({ length: batchSize }, (_, offset) => Math.min(first + offset, set.count - 1))
        const images = tf.tensor4d(normalizedImages(set, rows, table), [batchSize, set.height, set.width, set.channels])
        const { logits } = runner.run({ images })
        images.dispose()
        if (!logits) throw new Error('The model gave no logits.')
        const values = logits.dataSync() as Float32Array
        all.set(values.subarray(0, Math.min(batchSize, set.count - first) * classes), first * classes)
        logits.dispose()
      }
      return all
    },
  }
}
