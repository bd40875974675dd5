/**
 * From the configuration to poisoned training images and test sets: the same function serves teacher, student and
 * evaluation.
 */
import {
  channelValuesOf,
  isKnownPixels,
  knownPixels,
  pixelValuesOf,
  type ChannelValues,
  type ExperimentConfig,
  type MemberChoice,
} from '../../../shared/domain'
import { RefusedInputError, UserError } from '../../../shared/errors'
import { attacks, createTrigger } from '../families/attacks'
import { datasets } from '../families/datasets'
import type { LoadedDataset } from '../families/datasets/types'
import { selectImages } from '../images/imageSets'
import type { ImageSet, Normalization } from '../images/types'
import {
  lintTrigger,
  planPoisoning,
  poisoningStream,
  poisonTrainingSet,
  sampleImages,
  triggerAll,
  type Finding,
} from '../images/poisoning'
import type { TestSets } from './evaluation'

export interface PreparedData {
  readonly dataset: LoadedDataset
  /**
   * Poisoned part and clean hold-out, as the plan says; a copy of the whole set, made at the first call. Only a
   * teacher's training wants it.
   */
  train(): ImageSet
  /** Clean images that privileged defenses are given: the poisoning's hold-out, or all where nothing is held out. */
  cleanImages(): ImageSet
  readonly test: TestSets
  /** What teacher and students take. */
  readonly normalization: Normalization
  readonly warnings: readonly string[]
  /** What the trigger lint found; warnings and errors are part of `warnings`. */
  readonly findings: readonly Finding[]
  /** Training images that the plan poisons; null for a teacher from a file: nothing is poisoned here. */
  readonly poisonedCount: number | null
}

/** Enough for the lint's averages to settle. */
const lintedImages = 64

export interface DataRequest {
  readonly data: MemberChoice
  readonly cacheFolder: string
  readonly onProgress?: (fraction: number, message: string) => void
}

/**
 * @throws RefusedInputError when a parameter is refused: defaults in its place would load other images than were asked
 * for
 */
export async function loadDataset(request: DataRequest): Promise<LoadedDataset> {
  const { member, values } = datasets.open(request.data, 'data')
  return member.load(values, { cacheFolder: request.cacheFolder, onProgress: request.onProgress })
}

/**
 * Mean and deviation of the pixel values, in 0 to 1, that a network in a file was trained on.
 * @param pixels a known name, or values as `channelValuesOf` reads them
 * @throws RefusedInputError where the values are none, or not for so many channels
 */
export function fileNormalization(
  pixels: string,
  { normalization, train: { channels } }: Pick<LoadedDataset, 'normalization'> & { train: { channels: number } },
): Normalization {
  const known: { readonly label: string; readonly values?: ChannelValues } | null = isKnownPixels(pixels)
    ? knownPixels[pixels]
    : null
  const values = known ? known.values : channelValuesOf(pixels)
  if (!values) return normalization
  const perChannel = (numbers: readonly number[]): number[] => {
    const [only] = numbers
    if (numbers.length === 1 && only !== undefined) return Array.from({ length: channels }, () => only)
    if (numbers.length === channels) return [...numbers]
    throw new RefusedInputError('The pixel values are not for images of so many channels.', {
      wanted: `one number, or ${channels}`,
      got: numbers.join(' '),
      where: 'normalization',
      action: 'Give one number for all channels, or one for each.',
    })
  }
  return { mean: perChannel(values.mean), standardDeviation: perChannel(values.standardDeviation) }
}

/** What the networks of an experiment take: what a teacher from a file was trained on, or the data set's own. */
export const normalizationOf = (
  { teacher }: Pick<ExperimentConfig, 'teacher'>,
  dataset: LoadedDataset,
): Normalization =>
  teacher.source === 'file' ? fileNormalization(pixelValuesOf(teacher), dataset) : dataset.normalization

/** The test images as they are and with the trigger. */
export async function testSetsOf(dataset: LoadedDataset, attack: MemberChoice, target: number): Promise<TestSets> {
  const { test } = dataset
  const trigger = await createTrigger(attacks, attack, { ...test, dataset: dataset.id })
  trigger.known?.check('test', test.labels, target)
  await trigger.known?.prepare('test', trigger.known.places.test ?? [])
  return {
    clean: test,
    triggered: triggerAll(test, trigger),
    target,
    classes: dataset.classNames.length,
  }
}

/** @throws UserError with the sentences of the lint that say that an attack success rate would mean nothing */
export function refuseBadTrigger(findings: readonly Finding[]): void {
  const errors = findings.filter(({ severity }) => severity === 'error').map(({ message }) => message)
  if (errors.length === 0) return
  throw new UserError(`The trigger cannot be used with these data. ${errors.join(' ')}`, {
    wanted: 'an attack whose success can be measured',
    where: 'attack and poisoning',
    action:
      'Change the attack’s parameters, the target or the data set; the preview of a new experiment shows the trigger on real images.',
  })
}

/**
 * Loads, poisons and pairs the sets of an experiment. With a teacher from a file there is no plan: only the test images
 * carry the trigger.
 */
export async function prepareData(
  config: ExperimentConfig,
  cacheFolder: string,
  onProgress?: DataRequest['onProgress'],
): Promise<PreparedData> {
  const dataset = await loadDataset({ data: config.data, cacheFolder, onProgress })
  const trigger = await createTrigger(attacks, config.attack, { ...dataset.train, dataset: dataset.id })
  const { target } = config.poisoning
  const attack = attacks.get(config.attack.id, 'attack.id')
  const trained = config.teacher.source === 'train'
  if (trained) trigger.known?.check('train', dataset.train.labels, target)
  const test = await testSetsOf(dataset, config.attack, target)
  const poisoner = { cleanLabel: attack.cleanLabel, known: trigger.known?.places.train }
  const planned = trained
    ? planPoisoning(dataset.train, poisoner, config.poisoning, poisoningStream(config.seed))
    : null
  if (planned) await trigger.known?.prepare('train', planned.poisoned)
  const findings = lintTrigger({
    ...(await sampleImages(dataset, trigger, { trained, count: lintedImages })),
    trigger,
    cleanLabel: attack.cleanLabel,
    target,
    augmentation: trained ? config.teacher.training : null,
    plan: {
      planned,
      trainLabels: dataset.train.labels,
      testLabels: dataset.test.labels,
      classes: dataset.classNames.length,
    },
  })
  let train: ImageSet | undefined
  return {
    dataset,
    findings,
    poisonedCount: planned?.poisoned.length ?? null,
    normalization: normalizationOf(config, dataset),
    train: () => {
      if (!planned) throw new Error('The teacher comes from a file: there is no poisoned training set.')
      return (train ??= poisonTrainingSet(dataset.train, planned, trigger))
    },
    cleanImages: () =>
      planned && planned.holdout.length > 0 ? selectImages(dataset.train, planned.holdout) : dataset.train,
    test,
    warnings: [
      ...(dataset.notes ?? []),
      ...trigger.notes,
      ...findings.flatMap(({ severity, message }) => (severity === 'warning' || severity === 'error' ? [message] : [])),
    ],
  }
}
