/** What control, trainer and command line ask of any data set. */
import type { MemberChoice } from '../../../../shared/domain'
import type { DatasetInfo } from '../../../../shared/contract'
import type { Registry } from '../../../../shared/schema'
import { countClasses, joinImages, placesOfExamples } from '../../images/imageSets'
import type { Dataset, DatasetContext, LoadedDataset } from './types'
import type { ClassExamples, ImageRange, ImageSet, ImageShape } from '../../images/types'

/** Loads a data set by its saved choice; parameters are checked and defaults filled. */
export async function openDataset(
  registry: Registry<Dataset>,
  choice: MemberChoice,
  context: DatasetContext,
): Promise<LoadedDataset> {
  const { member: dataset, values: params } = registry.open(choice, 'data')
  return dataset.load(params, context)
}

/** Some images, drawn or read alone; null where the data set has to be loaded for them. */
export async function previewImages(
  registry: Registry<Dataset>,
  choice: MemberChoice,
  context: DatasetContext,
  wanted: ImageRange | ClassExamples,
): Promise<ImageSet | null> {
  const { member: dataset, values: params } = registry.open(choice, 'data')
  if (!dataset.preview) return null
  if (!('classes' in wanted)) return dataset.preview(params, context, wanted)
  const labels = dataset.labels?.(params)
  if (!labels) return null
  const { split } = wanted
  const drawn: ImageSet[] = []
  for (const first of placesOfExamples(labels[split], wanted))
    drawn.push(await dataset.preview(params, context, { split, first, count: 1 }))
  return joinImages(drawn[0] ?? (await dataset.preview(params, context, { split, first: 0, count: 0 })), drawn)
}

/** Of the sets that do not say otherwise. */
const usualImage: ImageShape = { height: 32, width: 32, channels: 3 }

/**
 * Shape of the images, before anything is loaded and while the form is still being filled in: what is unknown or not
 * valid counts as the usual.
 */
export function imageShapeOf(registry: Registry<Dataset>, choice: MemberChoice): ImageShape {
  const opened = registry.openLeniently(choice)
  return opened?.member.image?.(opened.values) ?? usualImage
}

/** The labels of both sets and the number of classes where they are known without loading, else null. */
export function knownLabels(
  registry: Registry<Dataset>,
  choice: MemberChoice,
): { train: Int32Array; test: Int32Array; classes: number } | null {
  const { member: dataset, values: params } = registry.open(choice, 'data')
  const classes = dataset.facts.classes ?? dataset.facts.classNames?.length
  const labels = dataset.labels?.(params)
  return labels && classes !== undefined ? { ...labels, classes } : null
}

type Summarized = Pick<LoadedDataset, 'id' | 'title' | 'classNames' | 'notes'> & {
  train: Pick<ImageSet, 'height' | 'width' | 'channels' | 'labels'>
  test: Pick<ImageSet, 'labels'>
}

/** Sizes and class counts, for forms and tables. */
export function summarizeDataset({ id, title, classNames, notes, train, test }: Summarized): DatasetInfo {
  const classes = classNames.length
  const { height, width, channels } = train
  return {
    id,
    title,
    classNames: [...classNames],
    train: train.labels.length,
    test: test.labels.length,
    height,
    width,
    channels,
    trainPerClass: countClasses(train.labels, classes),
    testPerClass: countClasses(test.labels, classes),
    notes: [...(notes ?? [])],
  }
}

/**
 * The summary without loading, where labels and class names are known beforehand and one image can be drawn alone; else
 * null.
 */
export async function outlineDataset(
  registry: Registry<Dataset>,
  choice: MemberChoice,
  context: DatasetContext,
): Promise<DatasetInfo | null> {
  const { member: dataset, values: params } = registry.open(choice, 'data')
  const {
    id,
    title,
    facts: { classNames },
  } = dataset
  const labels = dataset.labels?.(params)
  const image =
    labels && classNames ? await dataset.preview?.(params, context, { split: 'train', first: 0, count: 1 }) : undefined
  return labels && classNames && image
    ? summarizeDataset({
        id,
        title,
        classNames,
        train: { ...image, labels: labels.train },
        test: { labels: labels.test },
      })
    : null
}
