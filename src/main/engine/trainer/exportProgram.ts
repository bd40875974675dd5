/** Writes a model as a program: loads its weights, traces the forward pass, lets the exporter write. */
import type { MemberChoice } from '../../../shared/domain'
import type { Registry } from '../../../shared/schema'
import { ExhaustiveError } from '../../../shared/errors'
import { architectures } from '../families/architectures'
import { writeExport, type Exporter, type ModelProgram } from '../families/exporters'
import type { TrainerJob } from '../protocol/messages'
import { weightsOf } from '../weights/network'
import { fileNormalization, loadDataset } from './data'
import { openClassifier } from './models'
import { traceForward } from './traceForward'

/** No extent of a network: shapes and constants that hold the batch are told from others. */
const tracedBatch = 13

function titleOf(choice: MemberChoice): string {
  const { member, values } = architectures.open(choice, 'architecture')
  return member.label(values)
}

/**
 * The data set is loaded for the names of its classes, the shape of its images and their normalisation.
 * @throws RefusedInputError where the weights are not those of a known network for this data set
 */
export async function exportProgram(
  job: Extract<TrainerJob, { kind: 'export' }>,
  registry: Registry<Exporter>,
  onProgress?: (fraction: number, message: string) => void,
): Promise<void> {
  const { member, values } = registry.open(job.exporter, 'format')
  const dataset = await loadDataset({ data: job.data, cacheFolder: job.cacheFolder, ...(onProgress && { onProgress }) })
  const { classifier } = await openClassifier(job.weights, dataset, { architecture: job.architecture })
  const { height, width, channels } = dataset.train
  const model: ModelProgram = {
    weights: weightsOf(classifier),
    architecture: job.architecture,
    title: titleOf(job.architecture),
    provenance: { ...job.provenance, data: dataset.title },
    classNames: dataset.classNames,
    input: { height, width, channels, normalization: fileNormalization(job.normalization, dataset) },
    program: traceForward(classifier, { height, width, channels }, tracedBatch),
  }
  try {
    await writeExport(job.path, () => {
      switch (member.needs) {
        case 'weights':
          return member.write(job.path, model, values)
        case 'program':
          return member.write(job.path, model, values)
        default:
          throw new ExhaustiveError(member)
      }
    })
  } finally {
    classifier.dispose()
  }
}
