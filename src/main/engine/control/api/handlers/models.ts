/** Answers the calls about files of weights. */
import type { CallArgs, CallHandlers, CallResult, CallsOf, EvaluatedModel } from '../../../../../shared/contract'
import { runShortJob, tenASecond, type ShortProgress } from '../../executors/shortJobs'
import type { EngineContext } from '../context'
import { newModelCard } from '../../exports/modelCard'
import { exportModel } from '../exportModel'
import type { NetworksOfFiles } from '../networksOfFiles'
import { exportSource } from './exports'

export function modelHandlers(context: EngineContext, networks: NetworksOfFiles): CallHandlers<CallsOf<'model'>> {
  const { store } = context.options
  return {
    'model.evaluate': (args, signal) => evaluate(context, args, signal),
    'model.findPixels': (args, signal) => findPixels(context, args, signal),
    'model.inspect': (asked, signal) => networks.inspect(asked, signal),
    'model.export': async (args, signal) => {
      const { runId, stageId, card = false } = args
      const { launchShortJob, cacheFolder, exporters, version } = context.options
      const beside = card ? await newModelCard(exportSource(context), args) : null
      const written = await exportModel(
        { ...args, run: store.runs.summary(runId), config: store.runs.config(runId) },
        {
          launchShortJob,
          cacheFolder,
          exporters,
          version,
          threads: store.settings().threads,
          assertReady: context.assertReady,
        },
        signal,
      )
      return beside === null ? written : { ...written, card: await beside.write(stageId, written) }
    },
  }
}

async function evaluate(
  { options, hub, resolve, assertReady }: EngineContext,
  { device = 'auto', architecture, normalization = 'dataset', ...subject }: CallArgs<'model.evaluate'>,
  signal?: AbortSignal,
): Promise<EvaluatedModel> {
  assertReady()
  const { cacheFolder, store, launchShortJob } = options
  const { file } = subject
  const {
    evaluation,
    warnings,
    device: computed,
  } = await runShortJob(
    launchShortJob,
    {
      kind: 'evaluate',
      ...subject,
      architecture: architecture ?? null,
      normalization,
      execution: { ...resolve({}).config.execution, device, threads: store.settings().threads },
      cacheFolder,
    },
    signal,
    tenASecond((progress: ShortProgress) => hub.emit('model.progress', { file, ...progress })),
  )
  if (!evaluation) throw new Error('The trainer reported no evaluation.')
  return { evaluation, warnings, device: computed }
}

async function findPixels(
  context: EngineContext,
  { device = 'auto', architecture, ...subject }: CallArgs<'model.findPixels'>,
  signal?: AbortSignal,
): Promise<CallResult<'model.findPixels'>> {
  const { options, hub, resolve, assertReady } = context
  assertReady()
  const { cacheFolder, store, launchShortJob } = options
  const { file } = subject
  const { pixelTrials } = await runShortJob(
    launchShortJob,
    {
      kind: 'findPixels',
      ...subject,
      architecture: architecture ?? null,
      execution: { ...resolve({}).config.execution, device, threads: store.settings().threads },
      cacheFolder,
    },
    signal,
    tenASecond((progress: ShortProgress) => hub.emit('model.progress', { file, ...progress })),
  )
  return { trials: pixelTrials }
}
