/** Accuracy and ASR of a weights file: architecture recognised from the names and shapes, nothing in the file executed. */
import type { Evaluation } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { importCheckpoint } from '../importers'
import { loadWeights } from '../nn/weights'
import { createStream } from '../random'
import { loadDataset, testSetsOf } from './data'
import { createEvaluator } from './evaluation'
import type { TrainerJob } from './protocol'
import { createClassifier, createProgram } from './stages'

export async function evaluateModelFile(job: Extract<TrainerJob, { kind: 'evaluate' }>, onProgress: (fraction: number, message: string) => void): Promise<Evaluation> {
  const report = await importCheckpoint(job.file)
  if (!report.accepted || !report.architecture) {
    throw new RefusedInputError(report.reason ?? 'The architecture of this file was not recognised.', {
      wanted: 'weights of a known architecture with PyTorch names', got: report.reason ?? `${report.tensors} tensors of an unknown pattern`, where: job.file,
      action: 'Check the file with "abd import FILE", which lists what was found.',
    })
  }
  const dataset = await loadDataset({ data: job.data, attack: job.attack, seed: 0, cacheFolder: job.cacheFolder, onProgress })
  if (report.architecture.params.classes !== undefined && report.architecture.params.classes !== dataset.classNames.length) {
    throw new RefusedInputError('The model and the data set have different numbers of classes.', {
      wanted: `${dataset.classNames.length} classes (${dataset.title})`, got: `${String(report.architecture.params.classes)} classes`, where: job.file, action: 'Choose the data set that the model was trained on.',
    })
  }
  const { classes: _classes, ...params } = report.architecture.params
  const classifier = createClassifier({ id: report.architecture.id, params }, dataset, createStream(0, 'unused'), 'model')
  loadWeights(classifier, report.weights)
  const program = createProgram(job)
  const evaluate = createEvaluator(program, 'evaluate', classifier, dataset.normalization, await testSetsOf(dataset, job.attack, job.target))
  const evaluation = evaluate()
  program.dispose()
  return evaluation
}
