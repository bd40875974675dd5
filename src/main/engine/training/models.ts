/** Classifiers made from a choice, or out of a weights file whatever its format. */
import type { MemberChoice } from '../../../shared/domain'
import { acknowledgementOf } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { validateParameters } from '../../../shared/schema'
import { architectures } from '../architectures'
import type { LoadedDataset } from '../datasets/types'
import { importCheckpoint } from '../importers'
import type { ImportReport } from '../importers'
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

/** What a weights file holds, and what the importer warns of. */
export interface OpenedClassifier {
  classifier: Classifier
  /** Of the file; hexadecimal. */
  sha256: string
  warnings: string[]
}

/**
 * The classifier that a weights file holds. The architecture is recognised from names and shapes; `fallback` is taken where it is not, or not for certain.
 * @throws RefusedInputError where the file is refused, unknown, or made for another number of classes
 */
export async function openClassifier(file: string, dataset: LoadedDataset, fallback: MemberChoice | null): Promise<OpenedClassifier> {
  const report = await importCheckpoint(file, { architecture: fallback, side: dataset.train.height })
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
  return { classifier, sha256: report.sha256, warnings: warningsOf(report) }
}

const warningsOf = ({ findings }: ImportReport): string[] => findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message)

/**
 * Refuses a file with warnings as a teacher, unless they were read.
 * @param acknowledged the value of `teacher.acknowledged`
 * @throws RefusedInputError that says which value accepts them
 */
export function refuseUnreadWarnings({ sha256, warnings }: Pick<OpenedClassifier, 'sha256' | 'warnings'>, acknowledged: string, file: string): void {
  const wanted = acknowledgementOf(sha256)
  if (warnings.length === 0 || acknowledged === wanted) return
  // The command line would read digits alone as a number.
  const value = /^\d+(e\d+)?$/.test(wanted) ? `'"${wanted}"'` : wanted
  throw new RefusedInputError('The teacher file has warnings that nobody has read.', {
    wanted: `teacher.acknowledged = ${wanted}, the beginning of the file's SHA-256`, got: `${acknowledged || 'nothing'}, and ${warnings.length === 1 ? 'this warning' : `${warnings.length} warnings`}: ${warnings.join(' ')}`, where: file,
    action: `Read the warnings. To use the file nevertheless, start again with --set teacher.acknowledged=${value}, or tick "I have read these warnings" in the form.`,
  })
}
