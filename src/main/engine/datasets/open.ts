/** What control, trainer and command line ask of any data set. */
import { readdir, stat } from 'node:fs/promises'
import type { MemberChoice } from '../../../shared/domain'
import type { DatasetInfo } from '../../../shared/contract'
import { RefusedInputError } from '../../../shared/errors'
import { validateParameters } from '../../../shared/schema'
import type { Registry } from '../../../shared/schema'
import { listNames } from './files/namedFiles'
import { countClasses, sliceImages } from './imageSets'
import type { Dataset, DatasetContext, ImageRange, ImageSet, LoadedDataset } from './types'

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

/** The labels of both sets and the number of classes where they are known without loading, else null. */
export function knownLabels(registry: Registry<Dataset>, choice: MemberChoice): { train: Int32Array; test: Int32Array; classes: number } | null {
  const { dataset, params } = prepare(registry, choice)
  const classes = dataset.facts.classes ?? dataset.facts.classNames?.length
  const labels = dataset.labels?.(params)
  return labels && classes !== undefined ? { ...labels, classes } : null
}

/**
 * The member that reads `path`, with its parameters.
 * @throws RefusedInputError when no layout fits: that of the first member whose layout nearly does, else one that lists the layouts
 */
export async function recognizeDataset(registry: Registry<Dataset>, path: string): Promise<MemberChoice> {
  let nearest: { dataset: Dataset; refusal: RefusedInputError } | null = null
  for (const dataset of registry.members) {
    const match = await dataset.match?.(path) ?? null
    if (match instanceof RefusedInputError) nearest ??= { dataset, refusal: match }
    else if (match !== null) return { id: dataset.id, params: match }
  }
  const titles = registry.members.filter((member) => member.match && member !== nearest?.dataset).map((member) => member.title).join(', ')
  if (nearest !== null) {
    const { dataset, refusal } = nearest
    throw new RefusedInputError(refusal.message, {
      wanted: refusal.wanted, got: refusal.got, where: refusal.where, cause: refusal.cause,
      action: [refusal.action, `The files come nearest to ${dataset.title}; the other layouts known are those of ${titles}.`].filter((sentence) => sentence !== undefined).join(' '),
    })
  }
  throw new RefusedInputError('The layout of these data is not known.', {
    wanted: `the files of ${titles}`, got: await whatLiesAt(path), where: path,
    action: 'Name the folder that the official archive unpacks to, or choose the data set by name with --set data.id=….',
  })
}

async function whatLiesAt(path: string): Promise<string> {
  const found = await stat(path).catch(() => null)
  if (found === null) return 'nothing that can be opened'
  return found.isDirectory() ? listNames(await readdir(path).catch(() => [])) : 'a file'
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
