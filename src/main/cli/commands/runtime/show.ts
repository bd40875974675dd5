import type { RuntimeOverview, RuntimeVariant } from '../../../../shared/domain'
import { runtimeOverview } from '../../../setup/installation'
import { cacheDirectory } from '../../../setup/paths.mjs'
import { formatBytes } from '../../../setup/report.mjs'
import { jsonLine, table } from '../../output'
import { defineLocalCommand } from '../command'

export const show = defineLocalCommand({
  name: 'show',
  description: 'which builds of TensorFlow are on this machine, and where others would come from',
  examples: [['abd runtime show --json', 'for a script; exit code 1 where no build is in use']],
  /** Ends with 1 where none can be used, so that a script can ask. */
  runLocally({ output, json, root }) {
    const overview = runtimeOverview({ root, cache: cacheDirectory() })
    output.result(json ? jsonLine(overview) : table([...overview.variants.map(variantRow), ...placeRows(overview)]))
    const ready = overview.variants.some(({ active }) => active)
    if (!ready) output.tell('TensorFlow is not set up here. "abd runtime install" fetches it.')
    return Promise.resolve(ready ? 0 : 1)
  },
})

function variantRow({ id, title, installed, active, fetchBytes, fetchedBytes, diskBytes }: RuntimeVariant): string[] {
  const state = active
    ? 'in use'
    : installed
      ? 'here'
      : fetchedBytes > 0
        ? `${formatBytes(fetchedBytes)} of ${formatBytes(fetchBytes)} fetched`
        : `${formatBytes(fetchBytes)} to fetch, ${formatBytes(diskBytes)} on disk`
  return [id, `${title}: ${state}`]
}

const placeRows = ({ folder, freeBytes, suggested, origin }: RuntimeOverview): string[][] => [
  ['folder', `${folder}, ${formatBytes(freeBytes)} free`],
  ['this machine', suggested === 'gpu' ? 'has an NVIDIA driver: the GPU build' : 'has no NVIDIA driver: the CPU build'],
  ['index', [...origin.findLinks, ...origin.indexes].join(', ') || 'none'],
  ...(origin.proxy === null ? [] : [['proxy', origin.proxy]]),
  ...(origin.setIn.length === 0 ? [] : [['pip is set in', origin.setIn.join(', ')]]),
]
