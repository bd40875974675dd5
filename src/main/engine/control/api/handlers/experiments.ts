/** Answers the calls about a configuration that is not a run yet. */
import { availableParallelism } from 'node:os'
import type { CallHandlers, CallsOf, TimeEstimate } from '../../../../../shared/contract'
import type { ExperimentConfig, PartialExperimentConfig } from '../../../../../shared/domain'
import { estimateTime, finishedStages } from '../../experiments/estimate'
import type { EngineContext } from '../context'
import { withSameFile, type NetworksOfFiles } from '../networksOfFiles'

export function experimentHandlers(
  context: EngineContext,
  networks: NetworksOfFiles,
): CallHandlers<CallsOf<'experiment'>> {
  const { data } = context.options
  const resolved = (config: PartialExperimentConfig): ExperimentConfig => context.resolve(config).config
  return {
    'experiment.validate': ({ config }) => context.resolve(config),
    'experiment.estimate': async ({ config }) => estimate(context, await networks.fill(resolved(config))),
    'experiment.triggerPreview': ({ config, count = 8, firstImage = 0 }, signal) =>
      data.triggerPreview(resolved(config), firstImage, count, signal),
    'experiment.patchPreview': ({ config, count = 32 }, signal) => data.patchPreview(resolved(config), count, signal),
  }
}

function estimate({ options }: EngineContext, config: ExperimentConfig): TimeEstimate {
  const { store, costs } = options
  const threads = config.execution.threads || store.settings().threads || availableParallelism()
  const configOf = (id: string): ExperimentConfig => withSameFile(store.runs.config(id), config)
  return estimateTime(config, costs, finishedStages(store.runs.list(false), configOf), threads)
}
