/** What the commands on the runtime share: progress as a line, and Ctrl+C as a pause. */
import { Option } from 'commander'
import { cacheDirectory } from '../../../setup/paths.mjs'
import type { InstallationWork } from '../../../setup/installation'
import { createMeter } from '../../../setup/meter.mjs'
import { progressText } from '../../../setup/report.mjs'
import type { Output } from '../../output'
import type { ExitCode, LocalContext } from '../command'

export const variantOption = (): Option =>
  new Option('--variant <variant>', 'the CPU build, or the one for NVIDIA GPUs').choices(['cpu', 'gpu'])

function reporterOf(output: Output): InstallationWork['report'] {
  const meter = createMeter()
  return {
    say: (text) => output.tell(text),
    progress: (progress) => output.progress(progressText(progress, meter(progress))),
  }
}

/** Runs the work; Ctrl+C ends it with what came so far, and 130. */
export async function working(
  { output, root }: LocalContext,
  work: (options: InstallationWork) => Promise<ExitCode>,
): Promise<ExitCode> {
  const controller = new AbortController()
  const stop = (): void => controller.abort()
  process.once('SIGINT', stop)
  process.once('SIGTERM', stop)
  try {
    return await work({ root, cache: cacheDirectory(), report: reporterOf(output), signal: controller.signal })
  } catch (error) {
    if (!controller.signal.aborted) throw error
    output.tell('Stopped. The same command goes on where it stopped.')
    return 130
  } finally {
    output.endProgress()
    process.removeListener('SIGINT', stop)
    process.removeListener('SIGTERM', stop)
  }
}
