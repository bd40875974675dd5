/** Which of the known pixel values a network in a file was trained on: what it scores with each of them. */
import { knownPixelValues, type PixelTrial } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { selectImages } from '../images/imageSets'
import type { TrainerJob, TrainerReport } from '../protocol/messages'
import { fileNormalization, loadDataset } from './data'
import { createPredictor, evaluationFrom } from './evaluation'
import { openClassifier } from './models'
import { createProgram } from './stages'

/** Enough to tell 80 % from 75 %: the interval of a rate near 0.8 is ± 2.5 points wide. */
const triedImages = 1000

/** Test images at even distances over the whole set, so that sets in the order of their classes give all of them. */
const spread = (count: number): number[] => {
  const tried = Math.min(count, triedImages)
  return Array.from({ length: tried }, (_, index) => Math.floor((index * count) / tried))
}

/**
 * The trials, the highest accuracy first.
 * @throws RefusedInputError where the file is refused, or no known pixel values are for images of so many channels
 */
export async function findPixels(
  job: Extract<TrainerJob, { kind: 'findPixels' }>,
  onProgress: (fraction: number, message: string) => void,
  report: (report: TrainerReport) => void,
): Promise<PixelTrial[]> {
  const dataset = await loadDataset({ data: job.data, cacheFolder: job.cacheFolder, onProgress })
  const { classifier } = await openClassifier(job.file, dataset, {
    architecture: job.architecture,
    weights: job.weights,
  })
  const images = selectImages(dataset.test, spread(dataset.test.count))
  const kinds = knownPixelValues.flatMap((pixels) => {
    const normalization = unlessRefused(() => fileNormalization(pixels, dataset))
    return normalization === null ? [] : [{ pixels, normalization }]
  })
  const program = createProgram(job)
  const started = performance.now()
  const trials: PixelTrial[] = []
  for (const { pixels, normalization } of kinds) {
    const predict = createPredictor(program, `pixels.${pixels}`, classifier, normalization)
    const [clean = new Int32Array(0)] = predict([{ set: images }])
    const evaluation = evaluationFrom(
      { labels: images.labels, clean, triggered: null },
      { target: 0, classes: dataset.classNames.length },
    )
    trials.push({ pixels, evaluation })
    const seconds = (performance.now() - started) / 1000
    const secondsLeft = (seconds / trials.length) * (kinds.length - trials.length)
    report({ type: 'progress', step: trials.length, totalSteps: kinds.length, seconds, secondsLeft })
    await new Promise((resolve) => setImmediate(resolve))
  }
  program.dispose()
  return trials.sort((left, right) => right.evaluation.accuracy - left.evaluation.accuracy)
}

/** Values of three channels are none for grey images. */
function unlessRefused<T>(make: () => T): T | null {
  try {
    return make()
  } catch (error) {
    if (error instanceof RefusedInputError) return null
    throw error
  }
}
