/** A student as it is, or as a kept checkpoint has it. */
import { RefusedInputError } from '../../../../shared/errors'
import type { LoadedDataset } from '../../families/datasets/types'
import type { Classifier } from '../../maths/nn/types'
import { createStream } from '../../maths/random'
import type { AnalysedStage, AnalyseJob } from '../../protocol/messages'
import { listCheckpoints } from '../../protocol/checkpointFiles'
import { loadWeights } from '../../weights/network'
import { readCheckpointAt } from '../checkpoints'
import { createClassifier, openClassifier } from '../models'

/** Under which every method keeps its student in a checkpoint. */
const student = 'student/'

/** null where there is neither. @throws RefusedInputError where the step that was asked for has no checkpoint */
export async function openStudent(
  { id, title, folder, weights }: AnalysedStage,
  { config, step }: AnalyseJob,
  dataset: LoadedDataset,
): Promise<Classifier | null> {
  const { architecture } = config.distillation
  if (step === null && weights !== null) return (await openClassifier(weights, dataset, { architecture })).classifier
  const kept = listCheckpoints(folder).map((checkpoint) => checkpoint.step)
  const wanted = step ?? kept[0]
  if (wanted === undefined) return null
  const found = await readCheckpointAt(folder, wanted, () => undefined)
  if (!found)
    throw new RefusedInputError(`${title} has no checkpoint at step ${wanted}.`, {
      wanted: kept.length > 0 ? `one of the kept steps ${kept.reverse().join(', ')}` : 'a kept checkpoint',
      got: String(wanted),
      where: id,
      action: 'Leave the step out for the student as it is; recording.keptCheckpoints keeps more of them.',
    })
  const own = [...found.snapshot.tensors].filter(([name]) => name.startsWith(student))
  const classifier = createClassifier(architecture, dataset, createStream(0, 'replacedByCheckpoint'), id)
  loadWeights(classifier, new Map(own.map(([name, tensor]) => [name.slice(student.length), tensor])), found.path)
  return classifier
}
