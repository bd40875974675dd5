/** What control, trainer and command line ask of any data set. */
import type { MemberChoice } from '../../../shared/domain'
import type { DatasetInfo } from '../../../shared/contract'
import { RefusedInputError } from '../../../shared/errors'
import { validateParameters } from '../../../shared/schema'
import type { Registry } from '../../../shared/schema'
import { countClasses, sliceImages } from './imageSets'
import type { Dataset, DatasetContext, ImageRange, ImageSet, ImageShape, LoadedDataset } from './types'

function prepare(registry: Registry<Dataset>, choice: MemberChoice): { dataset: Dataset; params: Record<string, never> } {
  const dataset = registry.get(choice.id, 'data.id')
  const { values, issues } = validateParameters(dataset.params, choice.params, 'data')
  const wrong = issues.find((issue) => issue.severity === 'error')
  if (wrong) throw new RefusedInputError(`The data set's parameter ${wrong.path} ${wrong.message}.`, { where: wrong.path, action: 'Correct it in the form, or with --set.' })
  return { dataset, params: values as Record<string, never> }
}

/** Loads a data set by its saved choice; parameters are checked and defaults filled. */
export async function openDataset(registry: Registry<Dataset>, choice: MemberChoice, context: DatasetContext): Promise<LoadedDataset> {
  const { dataset, params } = prepare(registry, choice)
  return dataset.load(params, context)
}

/** Some images: drawn or read alone where the data set can, else cut out of the whole. */
export async function previewImages(registry: Registry<Dataset>, choice: MemberChoice, context: DatasetContext, range: ImageRange): Promise<ImageSet> {
  const { dataset, params } = prepare(registry, choice)
  if (dataset.preview) return dataset.preview(params, context, range)
  const loaded = await dataset.load(params, context)
  return sliceImages(loaded[range.split], range.first, range.count)
}

/** Of the sets that do not say otherwise. */
const usualImage: ImageShape = { height: 32, width: 32, channels: 3 }

/** Shape of the images, before anything is loaded and while the form is still being filled in: what is unknown or not valid counts as the usual. */
export function imageShapeOf(registry: Registry<Dataset>, choice: MemberChoice): ImageShape {
  if (!registry.has(choice.id)) return usualImage
  const dataset = registry.get(choice.id)
  return dataset.image?.(validateParameters(dataset.params, choice.params, '').values as Record<string, never>) ?? usualImage
}

/** The labels of both sets and the number of classes where they are known without loading, else null. */
export function knownLabels(registry: Registry<Dataset>, choice: MemberChoice): { train: Int32Array; test: Int32Array; classes: number } | null {
  const { dataset, params } = prepare(registry, choice)
  const classes = dataset.facts.classes ?? dataset.facts.classNames?.length
  const labels = dataset.labels?.(params)
  return labels && classes !== undefined ? { ...labels, classes } : null
}

/** The member that reads `path`, with its parameters. @throws RefusedInputError when no layout fits */
export async function recognizeDataset(registry: Registry<Dataset>, path: string): Promise<MemberChoice> {
  for (const dataset of registry.members) {
    const params = await dataset.match?.(path)
    if (params) return { id: dataset.id, params }
  }
  throw new RefusedInputError('The layout of these data is not known.', {
    wanted: `the files of ${registry.members.filter((member) => member.match).map((member) => member.title).join(', ')}`,
    got: 'other files', where: path, action: 'Name the folder that the official archive unpacks to, or choose the data set by name with --set data.id=….',
  })
}

/** Sizes and class counts, for forms and tables. */
export function summarizeDataset(dataset: LoadedDataset): DatasetInfo {
  const classes = dataset.classNames.length
  const { height, width, channels } = dataset.train
  return {
    id: dataset.id, title: dataset.title, classNames: [...dataset.classNames], train: dataset.train.count, test: dataset.test.count, height, width, channels,
    trainPerClass: countClasses(dataset.train.labels, classes), testPerClass: countClasses(dataset.test.labels, classes),
  }
}
