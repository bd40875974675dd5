/** Clean accuracy, attack success rate and robust accuracy of a classifier over the test images. */
import * as tf from '@tensorflow/tfjs-core'
import type { Evaluation } from '../../../shared/domain'
import type { AnalysisMaterials } from '../families/analyses/types'
import type { ImageSet, Normalization } from '../images/types'
import type { StepProgram, StepRunner } from '../graph/types'
import type { Classifier } from '../maths/nn/types'
import { normalizationTable, normalizedImages } from '../images/batches'

/** Test images as they are, and the same images with the trigger; labels are the true ones in both. */
export interface TestSets {
  readonly clean: ImageSet
  /** null: no attack, or nothing to trigger. */
  readonly triggered: ImageSet | null
  readonly target: number
}

const evaluationBatch = 100
/**
 * The prediction for an image whose logits are not all finite: no class. PyTorch's argmax takes a NaN for the largest,
 * TensorFlow's passes over it.
 */
const noClass = -1

/**
 * Predicted classes of the images from `from` to before `to`, by default all, in order; −1 where the logits are not all
 * finite.
 */
export type Predictor = (set: ImageSet, from?: number, to?: number) => Int32Array

/** A predictor of `classifier` in evaluation mode. The last batch is filled up so that one graph serves all. */
export function createPredictor(
  program: StepProgram,
  name: string,
  classifier: Classifier,
  normalization: Normalization,
): Predictor {
  let runner: StepRunner | undefined
  return (set, from = 0, to = set.count) => {
    runner ??= program.compile(name, ({ images }) => {
      const { logits } = classifier.forward(images as tf.Tensor4D, { training: false })
      return { classes: tf.argMax(logits, 1), finite: tf.cast(tf.all(tf.isFinite(logits), 1), 'int32') }
    })
    const table = normalizationTable(normalization, set.channels)
    const predicted = new Int32Array(to - from)
    for (let first = from; first < to; first += evaluationBatch) {
      const indices = Array.from({ length: evaluationBatch }, (_, offset) => Math.min(first + offset, to - 1))
      const images = tf.tensor4d(normalizedImages(set, indices, table), [
        evaluationBatch,
        set.height,
        set.width,
        set.channels,
      ])
      const { classes, finite } = runner.run({ images })
      images.dispose()
      if (!classes || !finite) throw new Error('The evaluation step gave no classes.')
      const usable = finite.dataSync()
      predicted.set(
        (classes.dataSync() as Int32Array)
          .subarray(0, Math.min(evaluationBatch, to - first))
          .map((value, index) => (usable[index] === 1 ? value : noClass)),
        first - from,
      )
      tf.dispose([classes, finite])
    }
    return predicted
  }
}

/**
 * The metrics from predictions, as fractions of 1.
 * accuracy = mean[f(x) = y]; ASR = mean over y ≠ target of [f(x') = target]; ASR over all = the same over every y;
 * robust accuracy = mean over y ≠ target of [f(x') = y]. A prediction of −1 is wrong and no target.
 * Source: zskt/datasets/backdoor.py (the test set drops images of the target class); Trap-and-Replace computes the same
 * number.
 */
export function evaluationFrom(
  labels: Int32Array,
  clean: Int32Array,
  triggered: Int32Array | null,
  target: number,
): Evaluation {
  let correct = 0
  let hits = 0
  let hitsAll = 0
  let robust = 0
  let nonTarget = 0
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? 0
    if (clean[index] === label) correct += 1
    if (!triggered) continue
    if (triggered[index] === target) hitsAll += 1
    if (label === target) continue
    nonTarget += 1
    if (triggered[index] === target) hits += 1
    if (triggered[index] === label) robust += 1
  }
  return {
    accuracy: correct / Math.max(1, labels.length),
    asr: triggered && nonTarget > 0 ? hits / nonTarget : null,
    asrAll: triggered ? hitsAll / Math.max(1, labels.length) : null,
    robustAccuracy: triggered && nonTarget > 0 ? robust / nonTarget : null,
    images: labels.length,
    nonTarget: triggered ? nonTarget : 0,
  }
}

/** Images between two partial evaluations. */
const partSize = 500

/** An evaluation of the first images, and how many of them (clean, triggered) have logits that are not all finite. */
export interface EvaluationPart {
  readonly evaluation: Evaluation
  readonly notFinite: { readonly clean: number; readonly triggered: number }
}

/** The evaluation of the first images, then of more, up to all of them: a long one shows early what to expect. */
export function* evaluateInParts(predict: Predictor, sets: TestSets): Generator<EvaluationPart> {
  const { labels, count } = sets.clean
  const [clean, triggered] = [new Int32Array(count), sets.triggered ? new Int32Array(count) : null]
  const withoutClass = (predicted: Int32Array | null, end: number): number =>
    predicted?.subarray(0, end).filter((value) => value === noClass).length ?? 0
  for (let first = 0; first < count; first += partSize) {
    const end = Math.min(first + partSize, count)
    clean.set(predict(sets.clean, first, end), first)
    if (sets.triggered) triggered?.set(predict(sets.triggered, first, end), first)
    yield {
      evaluation: evaluationFrom(
        labels.subarray(0, end),
        clean.subarray(0, end),
        triggered?.subarray(0, end) ?? null,
        sets.target,
      ),
      notFinite: { clean: withoutClass(clean, end), triggered: withoutClass(triggered, end) },
    }
  }
}

/** An evaluation with the predictions that it was made from. */
export interface Evaluated {
  readonly evaluation: Evaluation
  readonly predictions: AnalysisMaterials['predictions']
}

/** A function that evaluates the classifier as it stands in the program. */
export function createEvaluator(input: {
  readonly program: StepProgram
  /** Of the captured step, unique in the program. */
  readonly name: string
  readonly classifier: Classifier
  readonly normalization: Normalization
  readonly sets: TestSets
}): () => Evaluated {
  const { sets } = input
  const predict = createPredictor(input.program, input.name, input.classifier, input.normalization)
  const { labels } = sets.clean
  return () => {
    const clean = predict(sets.clean)
    const triggered = sets.triggered ? predict(sets.triggered) : null
    return {
      evaluation: evaluationFrom(labels, clean, triggered, sets.target),
      predictions: { labels, clean, triggered },
    }
  }
}
