/** Images and facts for the forms. Data sets yield while they load, so that control keeps answering. */
import type { DatasetInfo, DatasetLoading, PatchPreview, TriggerPreview } from '../../../../shared/contract'
import type { ExperimentConfig, ImageBatch, MemberChoice } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { Registry } from '../../../../shared/schema'
import { createTrigger, type Attack } from '../../families/attacks'
import {
  createLoadedDatasets,
  knownLabels,
  outlineDataset,
  recognizeDataset,
  summarizeDataset,
  type Dataset,
  type LoadedDatasets,
} from '../../families/datasets'
import { dataPrint } from '../exports/evidence'
import { createDownloads, type Downloads } from './downloads'
import type { DataPrint } from '../../families/runExporters'
import type { ClassExamples, ImageRange, ImageSet } from '../../images/types'
import type { DistillationMethod } from '../../families/distillation/types'
import { knownVariant, planPoisoning, poisoningStream, previewTrigger, type LintInput } from '../../images/poisoning'
import type { KnownImages } from '../../images/poisoning/trigger'
import { selectImages } from '../../images/imageSets'

/** What is read of files, or drawn. */
export interface DataReading {
  /** Loads the images only where the set's labels are not known beforehand. */
  info(data: MemberChoice, onProgress: (progress: DatasetLoading) => void, signal?: AbortSignal): Promise<DatasetInfo>
  images(
    data: MemberChoice,
    wanted: ImageRange | ClassExamples,
    signal?: AbortSignal,
  ): Promise<ImageBatch & { labels: number[] }>
  triggerPreview(
    config: ExperimentConfig,
    wanted: { readonly first: number; readonly count: number; readonly poisonable: boolean },
    signal?: AbortSignal,
  ): Promise<TriggerPreview>
  /**
   * @throws RefusedInputError for a method that makes no images out of a picture, and naming a picture that cannot be
   * read
   */
  patchPreview(config: ExperimentConfig, count: number, signal?: AbortSignal): Promise<PatchPreview>
  /** What the set holds, by a hash of its images and labels; loads it. */
  print(data: MemberChoice, onProgress: (progress: DatasetLoading) => void, signal?: AbortSignal): Promise<DataPrint>
  /** @throws RefusedInputError that lists the layouts where none of them fits */
  recognize(path: string): Promise<MemberChoice>
}

export interface DataService extends DataReading, Downloads {}

const progressInterval = 100
/** Images that are looked at for one that can be poisoned. */
const lookedAt = 64

export interface DataRegistries {
  datasets: Registry<Dataset>
  attacks: Registry<Attack>
  methods: Registry<DistillationMethod>
}

export function createDataService({ datasets, attacks, methods }: DataRegistries, cacheFolder: string): DataService {
  const loaded = createLoadedDatasets(datasets, { cacheFolder })

  /**
   * Labels are enough to plan: those of the set at hand, or those that are known without loading it. A preview does not
   * wait for more.
   */
  const planFor = (config: ExperimentConfig, known?: Int32Array | null): LintInput['plan'] => {
    const dataset = loaded.peek(config.data)
    const labels = dataset
      ? { train: dataset.train.labels, test: dataset.test.labels, classes: dataset.classNames.length }
      : knownLabels(datasets, config.data)
    if (!labels) return undefined
    const planned =
      config.teacher.source === 'file'
        ? null
        : planPoisoning(
            { count: labels.train.length, labels: labels.train },
            { cleanLabel: attacks.get(config.attack.id, 'attack.id').cleanLabel, known },
            config.poisoning,
            poisoningStream(config.seed),
          )
    return { planned, trainLabels: labels.train, testLabels: labels.test, classes: labels.classes }
  }
  return {
    // Nothing is remembered beyond the loaded set: counts must not outlive the files that the pictures beside them come
    // from.
    async info(data, onProgress, signal) {
      const outline = await outlineDataset(datasets, data, { cacheFolder, signal })
      if (outline) return outline
      let lastTold = -Infinity
      return summarizeDataset(
        await loaded.open(data, signal, (fraction, message) => {
          if (performance.now() - lastTold < progressInterval) return
          lastTold = performance.now()
          onProgress({ dataset: data.id, fraction, message })
        }),
      )
    },
    async print(data, onProgress, signal) {
      const told = (fraction: number, message: string): void => onProgress({ dataset: data.id, fraction, message })
      return dataPrint(await loaded.open(data, signal, told), signal)
    },
    async images(data, wanted, signal) {
      const { labels, ...batch } = await loaded.images(data, wanted, signal)
      return { ...batch, labels: [...labels] }
    },
    async triggerPreview(config, { first: from, count, poisonable }, signal) {
      const first = poisonable ? await firstPoisonable(config, { attacks, datasets, loaded }, { from, signal }) : from
      const images = await loaded.images(config.data, { split: 'train', first, count }, signal)
      const trigger = await createTrigger(attacks, config.attack, { ...images, dataset: config.data.id })
      const sample = trigger.known
        ? await knownSample(trigger.known, config, { images, first, loaded, signal })
        : { images, indices: Int32Array.from({ length: images.count }, (_, index) => first + index) }
      const classNames = loaded.peek(config.data)?.classNames ?? datasets.get(config.data.id).facts.classNames
      const preview = previewTrigger(
        {
          ...sample,
          trigger,
          cleanLabel: attacks.get(config.attack.id).cleanLabel,
          target: config.poisoning.target,
          augmentation: config.teacher.source === 'file' ? null : config.teacher.training,
          plan: planFor(config, trigger.known?.places.train),
        },
        classNames,
      )
      return { ...preview, firstImage: sample.indices[0] ?? first }
    },
    async patchPreview(config, count, signal) {
      const {
        member: { id, title, patchPreview },
        values,
      } = methods.open(config.distillation.method, 'distillation.method')
      if (!patchPreview)
        throw new RefusedInputError(`${title} makes no patches.`, {
          wanted: 'a method that is made from a picture',
          got: id,
          where: 'distillation.method.id',
        })
      const image = await loaded.images(config.data, { split: 'train', first: 0, count: 1 }, signal)
      return patchPreview.make(values, { image, count, signal })
    },
    recognize: (path) => recognizeDataset(datasets, path),
    ...createDownloads(datasets, cacheFolder),
  }
}

/**
 * The first images from a place on that a trigger from files knows: of training where a teacher is trained, else of the
 * test set. @throws RefusedInputError where it has none of the set
 */
async function knownSample(
  known: KnownImages,
  { data, teacher, poisoning }: ExperimentConfig,
  wanted: {
    readonly images: ImageSet
    readonly first: number
    readonly loaded: LoadedDatasets
    readonly signal: AbortSignal | undefined
  },
): Promise<Pick<LintInput, 'images' | 'known'> & { readonly indices: Int32Array }> {
  const { images: shape, first, loaded, signal } = wanted
  const variant = knownVariant(teacher.source === 'train')
  const { test, train } = await loaded.open(data, signal)
  const set = { test, train }[variant]
  known.check(variant, set.labels, poisoning.target)
  const places = known.places[variant] ?? new Int32Array(0)
  const from = Math.max(
    0,
    places.findIndex((place) => place >= first),
  )
  const indices = places.slice(from, from + shape.count)
  await known.prepare(variant, indices)
  return { images: selectImages(set, indices), indices, known: variant }
}

/** Without knowing all labels only the next few are looked at; where none of them will do, the first is shown. */
async function firstPoisonable(
  { data, attack, poisoning }: ExperimentConfig,
  { attacks, datasets, loaded }: Pick<DataRegistries, 'attacks' | 'datasets'> & { readonly loaded: LoadedDatasets },
  { from, signal }: { readonly from: number; readonly signal: AbortSignal | undefined },
): Promise<number> {
  const { cleanLabel } = attacks.get(attack.id, 'attack.id')
  const known = loaded.peek(data)?.train.labels ?? knownLabels(datasets, data)?.train
  const labels =
    known?.subarray(from) ??
    (await loaded.images(data, { split: 'train', first: from, count: lookedAt }, signal)).labels
  return (
    from +
    Math.max(
      0,
      labels.findIndex((label) => (label === poisoning.target) === cleanLabel),
    )
  )
}
