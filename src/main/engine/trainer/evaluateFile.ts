/**
 * Accuracy and ASR of a weights file: architecture recognised from the names and shapes, nothing in the file executed.
 */
import type { Evaluation } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { fileNormalization, loadDataset, testSetsOf } from './data'
import { createPredictor, evaluateInParts, type EvaluationPart } from './evaluation'
import { createPhaseClock, type PhaseClock } from './phaseClock'
import { openClassifier, refuseUnreadWarnings } from './models'
import type { TrainerJob, TrainerReport } from '../protocol/messages'
import { encodeGraph, graphMetadata } from '../weights/onnxGraph'
import { writeSafetensors } from '../weights/safetensors/write'
import { createProgram } from './stages'

/**
 * Reports the importer's warnings, then the evaluation over growing parts of the test set, then how many images got no
 * finite logits. Of a file that becomes a teacher, the weights are kept as they were read, types and values alike.
 * @throws RefusedInputError where the file is refused, or has unread warnings and is to be a teacher
 */
export async function evaluateModelFile(
  job: Extract<TrainerJob, { kind: 'evaluate' }>,
  onProgress: (fraction: number, message: string) => void,
  { report, clock = createPhaseClock() }: { report: (report: TrainerReport) => void; clock?: PhaseClock },
): Promise<Evaluation> {
  clock.enter('data')
  const dataset = await loadDataset({ data: job.data, cacheFolder: job.cacheFolder, onProgress })
  if (job.target >= dataset.classNames.length) {
    throw new RefusedInputError('The target is no class of this data set.', {
      wanted: `a class from 0 to ${dataset.classNames.length - 1}`,
      got: String(job.target),
      where: dataset.title,
      action: 'Choose the class that the attack aims at.',
    })
  }
  const opened = await openClassifier(job.file, dataset, {
    architecture: job.architecture,
    asked: job.teacher === undefined,
    weights: job.weights,
  })
  for (const message of opened.warnings) report({ type: 'warning', message })
  if (job.teacher) refuseUnreadWarnings(opened, job.teacher.acknowledged, job.file)
  const { classifier } = opened
  const program = createProgram(job, clock)
  const predict = createPredictor(program, 'evaluate', classifier, fileNormalization(job.normalization, dataset))
  const sets = await testSetsOf(dataset, job.attack, job.target)
  const started = performance.now()
  let last: EvaluationPart | null = null
  clock.enter('evaluation')
  for (const part of evaluateInParts(predict, sets)) {
    last = part
    const seconds = (performance.now() - started) / 1000
    const {
      evaluation,
      evaluation: { images },
    } = part
    report({ type: 'evaluation', step: images, evaluation })
    report({
      type: 'progress',
      step: images,
      totalSteps: dataset.test.count,
      seconds,
      secondsLeft: (seconds / images) * (dataset.test.count - images),
    })
    // Pings and requests are read between parts.
    await new Promise((resolve) => setImmediate(resolve))
  }
  clock.enter('rest')
  program.dispose()
  if (!last)
    throw new RefusedInputError('There is nothing to evaluate.', {
      wanted: 'at least one test image',
      got: 'none',
      where: dataset.title,
      action: 'Choose a data set with test images.',
    })
  for (const message of notFiniteWarning(last)) report({ type: 'warning', message })
  if (job.teacher)
    await writeSafetensors(job.teacher.weights, opened.weights, {
      format: 'pt',
      ...(opened.graph && { [graphMetadata]: encodeGraph(opened.graph) }),
    })
  return last.evaluation
}

function notFiniteWarning({ evaluation: { images, asr }, notFinite: { clean, triggered } }: EvaluationPart): string[] {
  if (clean === 0 && triggered === 0) return []
  const counts = `${clean} of ${images} test images${asr === null ? '' : ` and of ${triggered} with the trigger`}`
  return [
    `The logits of ${counts} are not all finite (NaN or infinite). They count as wrong, and never as the target; PyTorch would take a NaN for the largest logit.`,
  ]
}
