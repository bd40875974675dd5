/** Which networks weights files hold, asked once per path and key. */
import type { ModelReport } from '../../../../shared/contract'
import type { ExperimentConfig } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { InspectedFile, ModelInspector } from './inspectModel'

type Network = ModelReport['architecture']

export interface NetworksOfFiles {
  /** The report of a file, as it is now; its network is remembered. */
  inspect(asked: InspectedFile, signal?: AbortSignal): Promise<ModelReport>
  /**
   * The experiment with the network that its teacher file holds, whatever its hidden fields say; as it is where the
   * file does not tell.
   */
  fill(config: ExperimentConfig): Promise<ExperimentConfig>
  /** @throws RefusedInputError with the reason, where the teacher file of an experiment is refused */
  assertTeacherFile(config: ExperimentConfig): Promise<void>
}

export function createNetworksOfFiles(inspectModel: ModelInspector): NetworksOfFiles {
  const known = new Map<string, Promise<Network>>()
  const nameOf = ({ file, weights = '' }: InspectedFile): string => JSON.stringify([file, weights])
  const ask = (wanted: InspectedFile): Promise<Network> => {
    const name = nameOf(wanted)
    const asked =
      known.get(name) ??
      inspectModel(wanted).then(
        ({ architecture }) => architecture,
        () => {
          // It may be there, or be another one, when it is asked for again.
          known.delete(name)
          return null
        },
      )
    known.set(name, asked)
    return asked
  }
  return {
    async inspect(asked, signal) {
      const report = await inspectModel(asked, signal)
      known.set(nameOf(asked), Promise.resolve(report.architecture))
      return report
    },
    async assertTeacherFile({ teacher: { source, file, weights } }) {
      if (source !== 'file') return
      const { accepted, reason } = await inspectModel({ file, weights })
      if (!accepted) throw new RefusedInputError(reason ?? 'The teacher file is refused.', { where: file })
    },
    async fill(config) {
      const { source, file, weights } = config.teacher
      if (source !== 'file' || file.trim() === '') return config
      const network = await ask({ file, weights })
      return network
        ? { ...config, teacher: { ...config.teacher, architecture: { id: network.id, params: network.params } } }
        : config
    },
  }
}

/** An earlier run with the same teacher file had the same network. */
export const withSameFile = (earlier: ExperimentConfig, { teacher }: ExperimentConfig): ExperimentConfig =>
  earlier.teacher.source === 'file' &&
  earlier.teacher.file === teacher.file &&
  (earlier.teacher.weights ?? '') === (teacher.weights ?? '')
    ? { ...earlier, teacher: { ...earlier.teacher, architecture: teacher.architecture } }
    : earlier
