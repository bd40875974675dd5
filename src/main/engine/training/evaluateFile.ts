/** Accuracy and ASR of a weights file: architecture recognised from the names and shapes, nothing in the file executed. */
import type { Evaluation } from '../../../shared/domain'
import { loadDataset, testSetsOf } from './data'
import { createEvaluator } from './evaluation'
import { openClassifier } from './models'
import type { TrainerJob } from './protocol'
import { createProgram } from './stages'

export async function evaluateModelFile(job: Extract<TrainerJob, { kind: 'evaluate' }>, onProgress: (fraction: number, message: string) => void): Promise<Evaluation> {
  const dataset = await loadDataset({ data: job.data, attack: job.attack, seed: 0, cacheFolder: job.cacheFolder, onProgress })
  const classifier = await openClassifier(job.file, dataset, null)
  const program = createProgram(job)
  const evaluate = createEvaluator(program, 'evaluate', classifier, dataset.normalization, await testSetsOf(dataset, job.attack, job.target))
  const evaluation = evaluate()
  program.dispose()
  return evaluation
}
