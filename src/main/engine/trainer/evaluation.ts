/** Clean accuracy, attack success rate and robust accuracy of a classifier over the test images. */
import * as tf from '@tensorflow/tfjs-core'
import type { Evaluation } from '../../../shared/domain'
import type { ImageSet, Normalization } from '../images/types'
import type { StepProgram, StepRunner } from '../graph/types'
import type { Classifier } from '../maths/nn/types'
import { normalizationTable, normalizedImages } from '../images/batches'
import { tensorflowBackend } from '../maths/ops/kernels'

/** Test images as they are, and the same images with the trigger; labels are the true ones in both. */
export interface TestSets {
  readonly clean: ImageSet
  /** null: no attack, or nothing to trigger. */
  readonly triggered: ImageSet | null
  readonly target: number
  /** How many there are. */
  readonly classes: number
}

/**
 * The prediction for an image whose logits are not all finite: no class. PyTorch's argmax takes a NaN for the largest,
 * TensorFlow's passes over it.
 */
const noClass = -1

/** Images of a set, from `from` to before `to`; by default all. */
export interface ImageSlice {
  readonly set: ImageSet
  readonly from?: number
  readonly to?: number
}

/**
 * Predicted classes of the images of each slice, in order; −1 where the logits are not all finite. All slices are one
 * row of images, so that their ends share batches; their sets have one size of image.
 */
export type Predictor = (slices: readonly ImageSlice[]) => Int32Array[]

/** A predictor of `classifier` in evaluation mode. The last batch is filled up so that one graph serves all. */
export function createPredictor(
  program: StepProgram,
  name: string,
  classifier: Classifier,
  normalization: Normalization,
): Predictor {
  let runner: StepRunner | undefined
  let batch = 0
  return (slices) => {
    const [first] = slices
    if (!first) return []
    const predicted = slices.map(({ set, from = 0, to = set.count }) => new Int32Array(to - from))
    const total = predicted.reduce((sum, { length }) => sum + length, 0)
    // Of the first call: every later one has its graph.
    batch ||= batchOf(first.set, total)
    const step = (runner ??= program.compile(
      name,
      ({ images }) => ({
        classes: classesOf(classifier.forward(images as tf.Tensor4D, { training: false }).logits),
      }),
      { apart: true },
    ))
    const table = normalizationTable(normalization, first.set.channels)
    const answers = new Int32Array(total)
    for (let place = 0; place < total; place += batch) {
      const { classes } = tf.tidy(() => step.run({ images: batchAt(slices, { place, batch }, table) }))
      if (!classes) throw new Error('The evaluation step gave no classes.')
      answers.set((classes.dataSync() as Int32Array).subarray(0, Math.min(batch, total - place)), place)
      classes.dispose()
    }
    let next = 0
    return predicted.map(({ length }) => answers.slice(next, (next += length)))
  }
}

const classesOf = (logits: tf.Tensor2D): tf.Tensor =>
  tf.where(tf.all(tf.isFinite(logits), 1), tf.argMax(logits, 1), tf.scalar(noClass, 'int32'))

const smallBatch = 100
/** Pixels of a batch on a GPU: 1,000 images of CIFAR-10. An activation of 64 channels takes 0.26 GB. */
const gpuBatchPixels = 1000 * 32 * 32

/** A CPU is no faster with more; a GPU waits between calls, and has memory for more where images are small. */
function batchOf({ height, width }: ImageSet, total: number): number {
  if (!tensorflowBackend().isUsingGpuDevice) return smallBatch
  const fits = Math.floor(gpuBatchPixels / (height * width * smallBatch))
  return smallBatch * Math.max(1, Math.min(fits, Math.ceil(total / smallBatch)))
}

/** The images from `place` on, counted through all slices; behind the last one it again. */
function batchAt(
  slices: readonly ImageSlice[],
  { place, batch }: { place: number; batch: number },
  table: readonly Float32Array[],
): tf.Tensor4D {
  const parts: tf.Tensor4D[] = []
  let begin = 0
  let missing = batch
  slices.forEach(({ set, from = 0, to = set.count }, index) => {
    const end = begin + to - from
    const last = index === slices.length - 1
    const first = Math.max(place, begin)
    const count = last ? missing : Math.min(missing, end - first)
    if (count > 0) {
      const rows = Array.from({ length: count }, (_, offset) => from + Math.min(first + offset, end - 1) - begin)
      const { height, width, channels } = set
      parts.push(tf.tensor4d(normalizedImages(set, rows, table), [count, height, width, channels]))
      missing -= count
    }
    begin = end
  })
  const [only] = parts
  return parts.length === 1 && only ? only : tf.concat(parts, 0)
}

/** Predicted classes of the test images, in the order of their true labels. */
export interface TestPredictions {
  readonly labels: Int32Array
  readonly clean: Int32Array
  readonly triggered: Int32Array | null
}

/**
 * The metrics from predictions, as fractions of 1.
 * accuracy = mean[f(x) = y]; ASR = mean over y ≠ target of [f(x') = target]; ASR over all = the same over every y;
 * robust accuracy = mean over y ≠ target of [f(x') = y]. A prediction of −1 is wrong and no target.
 * Source: zskt/datasets/backdoor.py (the test set drops images of the target class); Trap-and-Replace computes the same
 * number.
 */
export function evaluationFrom(
  predictions: TestPredictions,
  { target, classes }: Pick<TestSets, 'target' | 'classes'>,
): Evaluation {
  const { labels, clean, triggered } = predictions
  let [correct, hits, hitsAll, robust, nonTarget, cleanHits] = [0, 0, 0, 0, 0, 0]
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index] ?? 0
    if (clean[index] === label) correct += 1
    if (!triggered) continue
    if (triggered[index] === target) hitsAll += 1
    if (label === target) continue
    nonTarget += 1
    if (clean[index] === target) cleanHits += 1
    if (triggered[index] === target) hits += 1
    if (triggered[index] === label) robust += 1
  }
  const measured = triggered !== null && nonTarget > 0
  return {
    accuracy: correct / Math.max(1, labels.length),
    asr: measured ? hits / nonTarget : null,
    asrAll: triggered ? hitsAll / Math.max(1, labels.length) : null,
    robustAccuracy: measured ? robust / nonTarget : null,
    images: labels.length,
    nonTarget: triggered ? nonTarget : 0,
    ...answersOf(labels, clean, classes),
    ...(measured ? { cleanTargetRate: cleanHits / nonTarget } : {}),
  }
}

/**
 * What tells a model that has learnt nothing: the answer that most clean images get, and how frequent the most frequent
 * class is.
 */
function answersOf(
  labels: Int32Array,
  clean: Int32Array,
  classes: number,
): Pick<Evaluation, 'classes' | 'topAnswer' | 'largestClass' | 'notFinite'> {
  const notFinite = clean.filter((answer) => answer === noClass).length
  const [answer, largest] = [mostFrequent(clean, classes), mostFrequent(labels, classes)]
  const all = Math.max(1, labels.length)
  return {
    classes,
    largestClass: largest.count / all,
    ...(answer.count > 0 ? { topAnswer: { label: answer.label, share: answer.count / all } } : {}),
    ...(notFinite > 0 ? { notFinite } : {}),
  }
}

/** Of several the first; −1 counts for nothing. */
function mostFrequent(labels: Int32Array, classes: number): { label: number; count: number } {
  const counts = new Int32Array(classes)
  for (const label of labels) if (label >= 0) counts[label] = (counts[label] ?? 0) + 1
  const count = Math.max(0, ...counts)
  return { label: counts.indexOf(count), count }
}

/** Images between two partial evaluations. */
const partSize = 500

/** An evaluation of the first images, and how many of them (clean, triggered) have logits that are not all finite. */
export interface EvaluationPart {
  readonly evaluation: Evaluation
  readonly notFinite: { readonly clean: number; readonly triggered: number }
}

const both = ({ clean, triggered }: TestSets): ImageSet[] => (triggered ? [clean, triggered] : [clean])

/** The evaluation of the first images, then of more, up to all of them: a long one shows early what to expect. */
export function* evaluateInParts(predict: Predictor, sets: TestSets): Generator<EvaluationPart> {
  const { labels, count } = sets.clean
  const [clean, triggered] = [new Int32Array(count), sets.triggered ? new Int32Array(count) : null]
  for (let first = 0; first < count; first += partSize) {
    const end = Math.min(first + partSize, count)
    const [answers, hits] = predict(both(sets).map((set) => ({ set, from: first, to: end })))
    if (answers) clean.set(answers, first)
    if (hits) triggered?.set(hits, first)
    const [cleanPart, triggeredPart] = [clean.subarray(0, end), triggered?.subarray(0, end) ?? null]
    const evaluation = evaluationFrom(
      { labels: labels.subarray(0, end), clean: cleanPart, triggered: triggeredPart },
      sets,
    )
    const withoutClass = triggeredPart?.filter((value) => value === noClass).length ?? 0
    yield { evaluation, notFinite: { clean: evaluation.notFinite ?? 0, triggered: withoutClass } }
  }
}

/** An evaluation with the predictions that it was made from. */
export interface Evaluated {
  readonly evaluation: Evaluation
  readonly predictions: TestPredictions
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
    const [clean = new Int32Array(0), triggered = null] = predict(both(sets).map((set) => ({ set })))
    const predictions = { labels, clean, triggered }
    return { evaluation: evaluationFrom(predictions, sets), predictions }
  }
}
