/** Downloads of data sets, each once at a time. */
import type { CallArgs, CallResult, DownloadProgress } from '../../../../shared/contract'
import { RefusedInputError } from '../../../../shared/errors'
import type { Registry } from '../../../../shared/schema'
import type { Dataset } from '../../families/datasets'
import { downloadDataset } from '../../families/datasets/download'

const progressInterval = 100

export interface Downloads {
  /** @throws RefusedInputError while the same data set is on its way already */
  download(
    request: CallArgs<'dataset.download'>,
    onProgress: (progress: DownloadProgress) => void,
    signal?: AbortSignal,
  ): Promise<CallResult<'dataset.download'>>
}

export function createDownloads(datasets: Registry<Dataset>, cacheFolder: string): Downloads {
  const downloading = new Set<string>()
  return {
    async download(request, onProgress, signal) {
      const { dataset } = request
      if (downloading.has(dataset))
        throw new RefusedInputError(`${datasets.get(dataset).title} is being downloaded already.`, {
          got: dataset,
          where: 'dataset',
          action: 'Wait for it, or cancel it where it was started.',
        })
      downloading.add(dataset)
      let lastTold = -Infinity
      try {
        return await downloadDataset(datasets, request, {
          cacheFolder,
          signal,
          onProgress: (progress) => {
            const { received, total } = progress
            if (received > 0 && received !== total && performance.now() - lastTold < progressInterval) return
            lastTold = performance.now()
            onProgress({ dataset, ...progress })
          },
        })
      } finally {
        downloading.delete(dataset)
      }
    },
  }
}
