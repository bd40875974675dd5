/** Classifiers made from a choice, or out of a weights file whatever its format. */
import type { MemberChoice } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { validateParameters } from '../../../shared/schema'
import { architectures } from '../architectures'
import type { LoadedDataset } from '../datasets/types'
import { importCheckpoint } from '../importers'
import { loadWeights } from '../nn/weights'
import type { Classifier } from '../nn/types'
import { createStream } from '../random'
import type { RandomStream } from '../random'

/** A classifier of a family member for a data set, initialised from `stream`. */
export function createClassifier(choice: MemberChoice, dataset: LoadedDataset, stream: RandomStream, where: string): Classifier {
  const member = architectures.get(choice.id, `${where}.id`)
  const { values } = validateParameters(member.params, choice.params, `${where}.params`)
  const { height, width, channels } = dataset.train
  return member.create(values, { classes: dataset.classNames.length, channels, height, width, stream })
}

/**
 * The classifier that a weights file holds. The architecture is recognised from names and shapes; `fallback` is taken where it is not.
 * @throws RefusedInputError where the file is refused, unknown, or made for another number of classes
 */
export async function openClassifier(file: string, dataset: LoadedDataset, fallback: MemberChoice | null): Promise<Classifier> {
  const report = await importCheckpoint(file, { architecture: fallback })
  if (!report.accepted || !(report.architecture ?? fallback)) {
    throw new RefusedInputError(report.reason ?? 'The architecture of this file was not recognised.', {
      wanted: 'weights of a known architecture with PyTorch names', got: report.reason ?? `${report.tensors} tensors of an unknown pattern`, where: file,
      action: 'Check the file with "abd import FILE", which lists what was found.',
    })
  }
  const { classes, ...params } = report.architecture?.params ?? {}
  if (classes !== undefined && classes !== dataset.classNames.length) {
    throw new RefusedInputError('The model and the data set have different numbers of classes.', {
      wanted: `${dataset.classNames.length} classes (${dataset.title})`, got: `${String(classes)} classes`, where: file, action: 'Choose the data set that the model was trained on.',
    })
  }
  const member = report.architecture ? architectures.get(report.architecture.id) : null
  const known = Object.fromEntries(Object.entries(params).filter(([name]) => member !== null && name in member.params))
  const choice = report.architecture ? { id: report.architecture.id, params: known } : fallback as MemberChoice
  const classifier = createClassifier(choice, dataset, createStream(0, 'replacedByFile'), 'model')
  loadWeights(classifier, report.weights, file)
  return classifier
}
