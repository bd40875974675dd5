import { resolve } from 'node:path'
import type { DownloadProgress } from '../../../shared/contract'
import { describeChecks } from '../../../shared/domain'
import { jsonLine, megabytes } from '../output'
import { defineCommand, wantedArgument } from './command'

export const download = defineCommand<{ folder?: string; mirror?: string }>({
  name: 'download',
  description: 'bring a data set’s official files to this machine; goes on where an earlier download stopped',
  examples: [['abd download cifar10', 'into the cache, checked']],
  declare: (command) =>
    command
      .argument('<dataset>', 'its name, e.g. cifar10')
      .option('--folder <folder>', 'where the files go (default: the product’s cache)')
      .option('--mirror <address>', 'address of a folder with the same files, in place of the official one'),
  /** Ends with the path to name as the data set's folder. */
  async run({ client, output, json }, flags, given) {
    const dataset = wantedArgument(given)
    const controller = new AbortController()
    const stop = (): void => controller.abort()
    process.once('SIGINT', stop)
    const unsubscribe = client.subscribe('dataset.progress', {}, (progress) => {
      if (progress.dataset === dataset) output.progress(downloadLine(progress))
    })
    try {
      const folder = flags.folder === undefined ? undefined : resolve(flags.folder)
      const result = await client.call('dataset.download', { dataset, folder, mirror: flags.mirror }, controller.signal)
      output.endProgress()
      output.tell(describeChecks(result.files).sentence)
      output.result(json ? jsonLine(result) : Object.values(result.params).map(String).join('\n'))
      return 0
    } catch (error) {
      output.endProgress()
      if (!controller.signal.aborted) throw error
      output.tell('Stopped. The same command goes on where it stopped.')
      return 130
    } finally {
      unsubscribe()
      process.removeListener('SIGINT', stop)
    }
  },
})

/** E.g. "[1/4] train-images-idx3-ubyte.gz: 3.1 MB of 9.9 MB". */
function downloadLine({ step, filesDone, files, unit, received, total }: DownloadProgress): string {
  const amount =
    unit === 'files'
      ? `${received} of ${total ?? '?'} files`
      : `${megabytes(received)}${total === null ? '' : ` of ${megabytes(total)}`}`
  return `[${filesDone + 1}/${files}] ${step}: ${amount}`
}
