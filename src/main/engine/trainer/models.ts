/** Classifiers made from a choice, or out of a weights file whatever its format. */
import { acknowledgementOf, type MemberChoice } from '../../../shared/domain'
import { RefusedInputError } from '../../../shared/errors'
import { architectures, type FileGraph } from '../families/architectures'
import type { LoadedDataset } from '../families/datasets/types'
import { importCheckpoint, type ImportedCheckpoint, type ImportReport } from '../families/importers'
import { loadWeights } from '../weights/network'
import type { OnnxGraph } from '../weights/onnxGraph'
import type { WeightMap } from '../weights/weightMap'
import type { Classifier } from '../maths/nn/types'
import { createStream, type RandomStream } from '../maths/random'

/** A classifier of a family member for a data set, initialised from `stream`. */
export function createClassifier(
  choice: MemberChoice,
  dataset: LoadedDataset,
  stream: RandomStream,
  where: string,
  graph?: FileGraph,
): Classifier {
  const { member, values } = architectures.open(choice, where)
  const { height, width, channels } = dataset.train
  return member.create(values, {
    classes: dataset.classNames.length,
    channels,
    height,
    width,
    stream,
    ...(graph && { graph }),
  })
}

/** What is known of the network in a file before it is read. */
export interface NetworkChoice {
  architecture: MemberChoice | null
  /** Whether somebody named it, so that a refusal speaks of it. Default: it is what the form has. */
  asked?: boolean
  /** Key of the weights that are meant; default: the only ones that are a known network. */
  weights?: string | undefined
}

/** What a weights file holds, and what the importer warns of. */
export interface OpenedClassifier {
  classifier: Classifier
  /** As they lie in the file, under PyTorch's names. */
  weights: WeightMap
  /** What the network computes, where the file says that. */
  graph: OnnxGraph | null
  /** Of the file; hexadecimal. */
  sha256: string
  warnings: string[]
}

/**
 * The classifier that a weights file holds. The architecture is recognised from names and shapes; the named one decides
 * where several fit.
 * @throws RefusedInputError where the file is refused, unknown, or made for another number of classes or channels
 */
export async function openClassifier(
  file: string,
  dataset: LoadedDataset,
  { architecture: chosen, asked = false, weights = '' }: NetworkChoice,
): Promise<OpenedClassifier> {
  const report = await importCheckpoint(file, {
    architecture: chosen,
    asked,
    weights,
    side: dataset.train.height,
  })
  const { architecture } = report
  if (!architecture) throw report.refusal ?? new Error('A file was accepted without a network.')
  const { classes, ...params } = architecture.params
  if (classes !== undefined && classes !== dataset.classNames.length) {
    throw new RefusedInputError('The model and the data set have different numbers of classes.', {
      wanted: `${dataset.classNames.length} classes (${dataset.title})`,
      got: `${String(classes)} classes`,
      where: file,
      action: 'Choose the data set that the model was trained on.',
    })
  }
  const member = architectures.get(architecture.id)
  const choice = {
    id: architecture.id,
    params: Object.fromEntries(Object.entries(params).filter(([name]) => name in member.params)),
  }
  refuseOtherChannels(choice, report, dataset, file)
  const { graph } = report
  const shapes = new Map([...report.weights].map(([name, { shape }]) => [name, shape]))
  const from = graph ? { graph, shapes } : undefined
  const classifier = createClassifier(choice, dataset, createStream(0, 'replacedByFile'), 'model', from)
  loadWeights(classifier, report.weights, file)
  return { classifier, weights: report.weights, sha256: report.sha256, graph, warnings: warningsOf(report) }
}

/** The network's first convolution tells how many channels it was made for. */
function refuseOtherChannels(
  choice: MemberChoice,
  { weights }: ImportedCheckpoint,
  { title, classNames, train: { height, width, channels } }: LoadedDataset,
  file: string,
): void {
  const { member, values } = architectures.open(choice, 'model')
  const { firstConvolution } = member.outline(values, { classes: classNames.length, channels, height, width })
  const made = weights.get(`${firstConvolution}.weight`)?.shape[1]
  if (made === undefined || made === channels) return
  const counted = (count: number): string => `${count} ${count === 1 ? 'channel' : 'channels'}`
  throw new RefusedInputError('The model and the data set have different numbers of channels.', {
    wanted: `${counted(channels)} (${title})`,
    got: `${counted(made)} in ${firstConvolution}.weight`,
    where: file,
    action: 'Choose the data set that the model was trained on.',
  })
}

const warningsOf = ({ findings }: ImportReport): string[] =>
  findings.filter(({ severity }) => severity === 'warning').map(({ message }) => message)

/**
 * Refuses a file with warnings as a teacher, unless they were read.
 * @param acknowledged the value of `teacher.acknowledged`
 * @throws RefusedInputError that says which value accepts them
 */
export function refuseUnreadWarnings(
  { sha256, warnings }: Pick<OpenedClassifier, 'sha256' | 'warnings'>,
  acknowledged: string,
  file: string,
): void {
  const wanted = acknowledgementOf(sha256)
  if (warnings.length === 0 || acknowledged === wanted) return
  // The command line would read digits alone as a number.
  const value = /^\d+(e\d+)?$/.test(wanted) ? `'"${wanted}"'` : wanted
  throw new RefusedInputError('The teacher file has warnings that nobody has read.', {
    wanted: `teacher.acknowledged = ${wanted}, the beginning of the file's SHA-256`,
    got: `${acknowledged || 'nothing'}, and ${warnings.length === 1 ? 'this warning' : `${warnings.length} warnings`}: ${warnings.join(' ')}`,
    where: file,
    action: `Read the warnings. To use the file nevertheless, start again with --set teacher.acknowledged=${value}, or tick "I have read these warnings" in the form.`,
  })
}
