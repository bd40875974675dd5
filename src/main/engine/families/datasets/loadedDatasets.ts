/** The data set in use, kept loaded for a while: forms and previews ask for the same one again and again. */
import type { MemberChoice } from '../../../../shared/domain'
import type { Registry } from '../../../../shared/schema'
import { openDataset, previewImages } from './open'
import { pickImages } from '../../images/imageSets'
import type { Dataset, DatasetContext, LoadedDataset } from './types'
import type { ClassExamples, ImageRange, ImageSet } from '../../images/types'

/** After this long without a question the images leave memory; a full CIFAR-10 takes 184 MB. */
const idleMilliseconds = 120_000

/** Told how far a load is, whoever began it. */
export type LoadWatcher = NonNullable<DatasetContext['onProgress']>

export interface LoadedDatasets {
  /** The whole set; two callers at once share one load. `signal` ends the waiting, not the load. */
  open(choice: MemberChoice, signal?: AbortSignal, onProgress?: LoadWatcher): Promise<LoadedDataset>
  /** Some images: from the set in memory, drawn alone where the member can, else after loading it. */
  images(choice: MemberChoice, wanted: ImageRange | ClassExamples, signal?: AbortSignal): Promise<ImageSet>
  /** The set if it is in memory. */
  peek(choice: MemberChoice): LoadedDataset | null
  clear(): void
}

/**
 * Memory for one data set. Files are looked at when it is loaded; a changed file shows after the idle time or another
 * choice.
 */
export function createLoadedDatasets(
  registry: Registry<Dataset>,
  context: Pick<DatasetContext, 'cacheFolder'>,
): LoadedDatasets {
  let key = ''
  let loading: Promise<LoadedDataset> | null = null
  let loaded: LoadedDataset | null = null
  let timer: NodeJS.Timeout | undefined
  let watchers = new Set<LoadWatcher>()

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
  const peek = (choice: MemberChoice): LoadedDataset | null => (JSON.stringify(choice) === key ? loaded : null)
  const start = (choice: MemberChoice): Promise<LoadedDataset> => {
    clear()
    const wanted = JSON.stringify(choice)
    // A load that was overtaken goes on; it tells those who still wait for it, and nobody else.
    const own = (watchers = new Set())
    const load = openDataset(registry, choice, {
      ...context,
      onProgress: (fraction, message) => own.forEach((watcher) => watcher(fraction, message)),
    })
    key = wanted
    loading = load
    // A load that was overtaken by another choice, or failed, leaves the one in memory alone.
    load.then(
      (dataset) => {
        if (loading === load) loaded = dataset
      },
      () => {
        if (loading === load) clear()
      },
    )
    return load
  }
  const open = async (choice: MemberChoice, signal?: AbortSignal, onProgress?: LoadWatcher): Promise<LoadedDataset> => {
    const load = JSON.stringify(choice) === key && loading ? loading : start(choice)
    const own = watchers
    touch()
    if (onProgress) own.add(onProgress)
    try {
      return await (signal ? untilAborted(load, signal) : load)
    } finally {
      if (onProgress) own.delete(onProgress)
    }
  }
  return {
    open,
    peek,
    clear,
    async images(choice, wanted, signal) {
      const present = peek(choice)
      if (present) {
        touch()
        return pickImages(present[wanted.split], wanted)
      }
      return (
        (await previewImages(registry, choice, { ...context, signal }, wanted)) ??
        pickImages((await open(choice, signal))[wanted.split], wanted)
      )
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
