/** Images and facts for the forms. Data sets yield while they load, so that control keeps answering. */
import type { DatasetInfo, TriggerPreview } from '../../../shared/contract'
import type { ExperimentConfig, ImageBatch, MemberChoice } from '../../../shared/domain'
import type { Registry } from '../../../shared/schema'
import { createTrigger, type Attack } from '../attacks'
import { openDataset, previewImages, summarizeDataset, type Dataset, type DatasetContext, type ImageRange, type ImageSet } from '../datasets'

export interface DataService {
  info(data: MemberChoice, signal?: AbortSignal): Promise<DatasetInfo>
  images(data: MemberChoice, range: ImageRange, signal?: AbortSignal): Promise<ImageBatch & { labels: number[] }>
  triggerPreview(config: ExperimentConfig, first: number, count: number, signal?: AbortSignal): Promise<TriggerPreview>
}

const differenceGain = 8
const rememberedInfos = 20

export function createDataService(datasets: Registry<Dataset>, attacks: Registry<Attack>, cacheFolder: string): DataService {
  const infos = new Map<string, DatasetInfo>()
  const contextOf = (signal?: AbortSignal): DatasetContext => ({ cacheFolder, signal })
  const batchOf = ({ count, height, width, channels, pixels }: ImageSet): ImageBatch => ({ count, height, width, channels, pixels })
  return {
    async info(data, signal) {
      const key = JSON.stringify(data)
      const known = infos.get(key)
      if (known) return known
      const info = summarizeDataset(await openDataset(datasets, data, contextOf(signal)))
      if (infos.size >= rememberedInfos) infos.clear()
      infos.set(key, info)
      return info
    },
    async images(data, range, signal) {
      const images = await previewImages(datasets, data, contextOf(signal), range)
      return { ...batchOf(images), labels: [...images.labels] }
    },
    async triggerPreview(config, first, count, signal) {
      const images = await previewImages(datasets, config.data, contextOf(signal), { split: 'train', first, count })
      const { height, width, channels } = images
      const trigger = await createTrigger(attacks, config.attack, { height, width, channels })
      const poisonedPixels = trigger.apply(images.pixels, images.count, 'train')
      const clean = batchOf(images)
      const names = datasets.get(config.data.id).facts.classNames
      return {
        clean, poisoned: { ...clean, pixels: poisonedPixels }, difference: { ...clean, pixels: differenceOf(images.pixels, poisonedPixels) },
        labels: Array.from(images.labels, (label) => names?.[label] ?? `class ${label}`),
        findings: [...trigger.notes.map((message) => ({ severity: 'info' as const, message })), ...findingsOf(images.pixels, poisonedPixels, channels)],
      }
    },
  }
}

function differenceOf(clean: Uint8Array, poisoned: Uint8Array): Uint8Array {
  return clean.map((value, index) => Math.min(255, Math.abs((poisoned[index] ?? 0) - value) * differenceGain))
}

const percent = (share: number): string => `${(share * 100).toFixed(share < 0.1 ? 1 : 0)} %`

function findingsOf(clean: Uint8Array, poisoned: Uint8Array, channels: number): TriggerPreview['findings'] {
  const pixels = clean.length / channels
  let changed = 0
  let sum = 0
  for (let pixel = 0; pixel < pixels; pixel++) {
    let moved = false
    for (let channel = 0; channel < channels; channel++) {
      const difference = Math.abs((poisoned[pixel * channels + channel] ?? 0) - (clean[pixel * channels + channel] ?? 0))
      sum += difference
      moved ||= difference > 0
    }
    if (moved) changed += 1
  }
  if (pixels === 0) return []
  if (changed === 0) return [{ severity: 'warning', message: 'The trigger changes no pixel of these images: nothing could be learnt from it.' }]
  const mean = sum / clean.length
  return [
    { severity: 'info', message: `${percent(changed / pixels)} of the pixels change; by ${mean.toFixed(1)} of 255 on average over the image.` },
    ...(mean < 0.5 && changed / pixels > 0.5 ? [{ severity: 'warning' as const, message: 'The change is smaller than half a grey level on average; rounding to bytes may erase it.' }] : []),
  ]
}
