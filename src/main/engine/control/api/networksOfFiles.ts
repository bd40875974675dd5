/** Which networks weights files hold, asked once per path. */
import type { ModelReport } from '../../../../shared/contract'
import type { ExperimentConfig } from '../../../../shared/domain'

type Network = ModelReport['architecture']

export interface NetworksOfFiles {
  /** The report of a file, as it is now; its network is remembered. */
  inspect(file: string, signal?: AbortSignal): Promise<ModelReport>
  /**
   * The experiment with the network that its teacher file holds, whatever its hidden fields say; as it is where the
   * file does not tell.
   */
  fill(config: ExperimentConfig): Promise<ExperimentConfig>
}

export function createNetworksOfFiles(
  inspectModel: (file: string, signal?: AbortSignal) => Promise<ModelReport>,
): NetworksOfFiles {
  const known = new Map<string, Promise<Network>>()
  const ask = (file: string): Promise<Network> => {
    const asked =
      known.get(file) ??
      inspectModel(file).then(
        ({ architecture }) => architecture,
        () => {
          // It may be there, or be another one, when it is asked for again.
          known.delete(file)
          return null
        },
      )
    known.set(file, asked)
    return asked
  }
  return {
    async inspect(file, signal) {
      const report = await inspectModel(file, signal)
      known.set(file, Promise.resolve(report.architecture))
      return report
    },
    async fill(config) {
      const { source, file } = config.teacher
      if (source !== 'file' || file.trim() === '') return config
      const network = await ask(file)
      return network
        ? { ...config, teacher: { ...config.teacher, architecture: { id: network.id, params: network.params } } }
        : config
    },
  }
}

/** An earlier run with the same teacher file had the same network. */
export const withSameFile = (earlier: ExperimentConfig, { teacher }: ExperimentConfig): ExperimentConfig =>
  earlier.teacher.source === 'file' && earlier.teacher.file === teacher.file
    ? { ...earlier, teacher: { ...earlier.teacher, architecture: teacher.architecture } }
    : earlier
