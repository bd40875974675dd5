/** A classifier as an analysis sees it: images in, logits out. */
import * as tf from '@tensorflow/tfjs-core'
import type { ImageModel } from '../families/analyses/types'
import type { StepProgram, StepRunner } from '../graph/types'
import { normalizationTable, normalizedImages } from '../images/batches'
import type { ImageSet, Normalization } from '../images/types'
import type { Classifier } from '../maths/nn/types'
import type { NamedTensors } from '../maths/ops/tensors'

export const modelBatch = 100

/** The places of one batch, filled up with the last image, so that one captured step serves all. */
const rowsFrom = (first: number, count: number): number[] =>
  Array.from({ length: modelBatch }, (_, offset) => Math.min(first + offset, count - 1))

/**
 * The set in normalised batches of one size. `work` gives the tensors that are read, which `take` finds as values,
 * those of the first `count` images being meant.
 */
export function inBatches(
  set: ImageSet,
  normalization: Normalization,
  work: (images: tf.Tensor4D, rows: readonly number[]) => NamedTensors,
  take: (values: Readonly<Record<string, Float32Array>>, first: number, count: number) => void,
): void {
  const table = normalizationTable(normalization, set.channels)
  for (let first = 0; first < set.count; first += modelBatch) {
    const rows = rowsFrom(first, set.count)
    const images = tf.tensor4d(normalizedImages(set, rows, table), [modelBatch, set.height, set.width, set.channels])
    const outputs = work(images, rows)
    images.dispose()
    const values = Object.fromEntries(
      Object.entries(outputs).map(([name, tensor]) => [name, tensor.dataSync() as Float32Array]),
    )
    take(values, first, Math.min(modelBatch, set.count - first))
    tf.dispose(outputs)
  }
}

/** The rows of one output of a model for all images, [N][width]. */
export function rowsOf(
  set: ImageSet,
  normalization: Normalization,
  { run, output, width }: { run: (images: tf.Tensor4D) => NamedTensors; output: string; width: number },
): Float32Array {
  const all = new Float32Array(set.count * width)
  inBatches(set, normalization, run, (values, first, count) => {
    const found = values[output]
    if (!found) throw new Error(`The model gave no ${output}.`)
    all.set(found.subarray(0, count * width), first * width)
  })
  return all
}

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
      const step = (runner ??= program.compile(
        name,
        ({ images }) => ({ logits: classifier.forward(images as tf.Tensor4D, { training: false }).logits }),
        { apart: true },
      ))
      return rowsOf(set, normalization, { run: (images) => step.run({ images }), output: 'logits', width: classes })
    },
  }
}
