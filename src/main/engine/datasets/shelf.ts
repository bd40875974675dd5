/** The data set in use, kept loaded for a while: forms and previews ask for the same one again and again. */
import type { MemberChoice } from '../../../shared/domain'
import type { Registry } from '../../../shared/schema'
import { openDataset, previewImages } from './open'
import { sliceImages } from './imageSets'
import type { Dataset, DatasetContext, ImageRange, ImageSet, LoadedDataset } from './types'

/** After this long without a question the images leave memory; a full CIFAR-10 takes 184 MB. */
const idleMilliseconds = 120_000

export interface DatasetShelf {
  /** The whole set; two callers at once share one load. `signal` ends the waiting, not the load. */
  open(choice: MemberChoice, signal?: AbortSignal): Promise<LoadedDataset>
  /** Some images: from the set on the shelf, drawn alone where the member can, else after loading it. */
  images(choice: MemberChoice, range: ImageRange, signal?: AbortSignal): Promise<ImageSet>
  /** The set if it lies on the shelf. */
  peek(choice: MemberChoice): LoadedDataset | null
  clear(): void
}

/** A shelf for one data set. Files are looked at when it is loaded; a changed file shows after the idle time or another choice. */
export function createDatasetShelf(registry: Registry<Dataset>, context: Omit<DatasetContext, 'signal'>): DatasetShelf {
  let key = ''
  let loading: Promise<LoadedDataset> | null = null
  let loaded: LoadedDataset | null = null
  let timer: NodeJS.Timeout | undefined

  const clear = (): void => {
    clearTimeout(timer)
    key = ''
    loading = null
    loaded = null
  }
  const touch = (): void => {
    clearTimeout(timer)
    timer = setTimeout(clear, idleMilliseconds)
    timer.unref()
  }
  const peek = (choice: MemberChoice): LoadedDataset | null => JSON.stringify(choice) === key ? loaded : null
  const start = (choice: MemberChoice): Promise<LoadedDataset> => {
    clear()
    const wanted = JSON.stringify(choice)
    const load = openDataset(registry, choice, context)
    key = wanted
    loading = load
    // A load that was overtaken by another choice, or failed, leaves the shelf alone.
    load.then((dataset) => { if (loading === load) loaded = dataset }, () => { if (loading === load) clear() })
    return load
  }
  const open = (choice: MemberChoice, signal?: AbortSignal): Promise<LoadedDataset> => {
    const load = JSON.stringify(choice) === key && loading ? loading : start(choice)
    touch()
    return signal ? untilAborted(load, signal) : load
  }
  return {
    open, peek, clear,
    async images(choice, range, signal) {
      const present = peek(choice)
      if (present) {
        touch()
        return sliceImages(present[range.split], range.first, range.count)
      }
      if (registry.get(choice.id, 'data.id').preview) return previewImages(registry, choice, { ...context, signal }, range)
      return sliceImages((await open(choice, signal))[range.split], range.first, range.count)
    },
  }
}

async function untilAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted()
  let stop = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason as Error)
    signal.addEventListener('abort', stop)
  })
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
