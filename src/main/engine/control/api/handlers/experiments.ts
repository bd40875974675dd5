/** Answers the calls about a configuration that is not a run yet. */
import { availableParallelism } from 'node:os'
import type { CallHandlers, CallsOf, TimeEstimate } from '../../../../../shared/contract'
import type { ExperimentConfig, PartialExperimentConfig } from '../../../../../shared/domain'
import { estimateTime, finishedStages } from '../../experiments/estimate'
import type { RunService } from '../../runs/service'
import type { EngineContext } from '../context'
import { withSameFile, type NetworksOfFiles } from '../networksOfFiles'

export function experimentHandlers(
  context: EngineContext,
  networks: NetworksOfFiles,
  runs: Pick<RunService, 'book' | 'prepare' | 'deviceOf'>,
): CallHandlers<CallsOf<'experiment'>> {
  const { data } = context.options
  const resolved = (config: PartialExperimentConfig): ExperimentConfig => context.resolve(config).config
  return {
    'experiment.validate': ({ config }) => context.resolve(config),
    'experiment.estimate': async ({ config }) => {
      const asked = resolved(config)
      const whole = estimate(context, await networks.fill(asked))
      return withReused(whole, await reusedStages(context, runs, asked))
    },
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

type Reused = NonNullable<TimeEstimate['reused']>

/** The stages of an experiment that are done already. */
async function reusedStages(
  { options: { store } }: EngineContext,
  runs: Pick<RunService, 'book' | 'prepare' | 'deviceOf'>,
  config: ExperimentConfig,
): Promise<Reused> {
  const { book } = runs
  await runs.prepare([config])
  return Object.fromEntries(
    book.keysOf(config, runs.deviceOf(config, 'local')).flatMap(({ id, kind, key }): [string, Reused[string]][] => {
      const found = kind === 'data' ? null : book.find(key)
      if (found?.state !== 'done') return []
      const runId = [found.trainedFor, ...store.runs.naming(found.place)].find(
        (one) => one !== null && store.runs.has(one),
      )
      return runId === null || runId === undefined
        ? []
        : [[id, { runId, runName: store.runs.peek(runId).name, seconds: found.seconds }]]
    }),
  )
}

function withReused(estimate: TimeEstimate, reused: Reused): TimeEstimate {
  if (Object.keys(reused).length === 0) return estimate
  const stages = Object.fromEntries(
    Object.entries(estimate.stages).map(([id, seconds]) => [id, id in reused ? 0 : seconds]),
  )
  return { ...estimate, stages, totalSeconds: Object.values(stages).reduce((sum, seconds) => sum + seconds, 0), reused }
}
