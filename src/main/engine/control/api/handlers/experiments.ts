/** Answers the calls about a configuration that is not a run yet. */
import type { CallHandlers, CallsOf, TimeEstimate } from '../../../../../shared/contract'
import {
  configValue,
  ownMachine,
  stageIdOf,
  type ExperimentConfig,
  withConfigValue,
  type PartialExperimentConfig,
} from '../../../../../shared/domain'
import type { Issue } from '../../../../../shared/schema'
import { cardNeed } from '../../experiments/cardIssue'
import { deviceIssues } from '../../experiments/deviceIssues'
import { diskEstimate } from '../../experiments/diskEstimate'
import { estimateTime, finishedStages, threadsOfStage, type WorkTime } from '../../experiments/estimate'
import { memoryEstimate } from '../../experiments/memoryEstimate'
import type { RunService } from '../../runs/service'
import type { KeptStage } from '../../store'
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
    'experiment.validate': async ({ config }, _signal, caller = 'owner') => {
      const refused = await context.checks.issuesOf(caller, config)
      const resolution = resolveWithout(refused, config, context)
      const more = await deviceIssues(resolution.config, context.device, () =>
        cardNeed(resolution.config, context.options.costs, context.options.store.settings().slots),
      )
      return { ...resolution, issues: [...resolution.issues, ...refused, ...more] }
    },
    'experiment.estimate': async ({ config }) => {
      const asked = resolved(config)
      const filled = await networks.fill(asked)
      return withFound(estimate(context, filled), await foundStages(context, runs, asked))
    },
    'experiment.triggerPreview': ({ config, count = 8, firstImage = 0, poisonable = false }, signal) =>
      data.triggerPreview(resolved(config), { first: firstImage, count, poisonable }, signal),
    'experiment.patchPreview': ({ config, count = 32 }, signal) => data.patchPreview(resolved(config), count, signal),
  }
}

/** Nothing is looked at behind paths that are refused, and nothing said of it: not even whether it is there. */
function resolveWithout(
  refused: readonly Issue[],
  given: PartialExperimentConfig,
  { resolve }: Pick<EngineContext, 'resolve'>,
): ReturnType<EngineContext['resolve']> {
  const set = (config: PartialExperimentConfig, value: (path: string) => unknown): PartialExperimentConfig =>
    refused.reduce((changed, { path }) => withConfigValue(changed, path, value(path)), config)
  const { config, issues } = resolve(set(given, () => ''))
  return {
    config: set(config, (path) => configValue(given, path)) as ExperimentConfig,
    issues: issues.filter(({ path }) => !refused.some((one) => one.path === path)),
  }
}

/** Without what is there already. */
function estimate({ options, device }: EngineContext, config: ExperimentConfig): Estimate {
  const { store, costs } = options
  const known = device.known()
  const machine = { threads: threadsOfStage(config, store.settings()), device: known }
  const configOf = (id: string): ExperimentConfig => withSameFile(store.runs.config(id), config)
  const finished = finishedStages(store.runs, configOf)
  const wanted = config.execution.device
  const kind = wanted === 'auto' ? (known?.kind ?? 'cpu') : wanted
  const { bytes } = memoryEstimate(config, { costs, finished, device: kind })
  return {
    ...estimateTime(config, { costs, finished, machine }),
    disk: diskEstimate(config, costs),
    memory: { bytes, of: kind === 'gpu' ? 'card' : 'machine' },
  }
}

interface Estimate extends WorkTime, Pick<TimeEstimate, 'memory'> {
  /** Bytes by stage id. */
  readonly disk: Readonly<Record<string, number>>
}

type Found = Pick<TimeEstimate, 'reused' | 'offered'>
type FoundStage = NonNullable<TimeEstimate['reused']>[string]

/** The stages of an experiment that are done already, and the teacher that another device has trained. */
async function foundStages(
  { options: { store } }: EngineContext,
  runs: Pick<RunService, 'book' | 'prepare' | 'deviceOf'>,
  config: ExperimentConfig,
): Promise<Found> {
  const { book } = runs
  await runs.prepare([config])
  const device = runs.deviceOf(config, ownMachine)
  const ofRun = ({ place, seconds, trainedFor }: Readonly<KeptStage>): FoundStage | null => {
    const runId = [trainedFor, ...store.runs.naming(place)].find((one) => one !== null && store.runs.has(one))
    return runId === null || runId === undefined ? null : { runId, runName: store.runs.peek(runId).name, seconds }
  }
  const reused = book.keysOf(config, device).flatMap(({ id, kind, key }): [string, FoundStage][] => {
    const kept = kind === 'data' ? null : book.find(key)
    const found = kept?.state === 'done' ? ofRun(kept) : null
    return found ? [[id, found]] : []
  })
  const other = reused.some(([id]) => id === stageIdOf({ kind: 'teacher', index: 0 }))
    ? null
    : book.fromOtherDevice(config, device)
  const offered = other && ofRun(other)
  return {
    ...(reused.length > 0 ? { reused: Object.fromEntries(reused) } : {}),
    ...(offered ? { offered: { ...offered, device: device === 'cpu' ? 'gpu' : 'cpu' } } : {}),
  }
}

function withFound({ disk, ...estimate }: Estimate, found: Found): TimeEstimate {
  const { reused = {} } = found
  const added = Object.entries(disk).filter(([id]) => !(id in reused))
  const stages = Object.fromEntries(
    Object.entries(estimate.stages).map(([id, seconds]) => [id, id in reused ? 0 : seconds]),
  )
  return {
    ...estimate,
    ...found,
    stages,
    bytes: Math.round(added.reduce((sum, [, bytes]) => sum + bytes, 0)),
    totalSeconds: Object.values(stages).reduce((sum, seconds) => sum + seconds, 0),
  }
}
