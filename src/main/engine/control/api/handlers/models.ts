/** Answers the calls about files of weights. */
import type { CallArgs, CallHandlers, CallsOf, EvaluatedModel } from '../../../../../shared/contract'
import { runShortJob, tenASecond, type ShortProgress } from '../../executors/shortJobs'
import type { EngineContext } from '../context'
import { exportModel } from '../exportModel'
import type { NetworksOfFiles } from '../networksOfFiles'

export function modelHandlers(context: EngineContext, networks: NetworksOfFiles): CallHandlers<CallsOf<'model'>> {
  const { store } = context.options
  return {
    'model.evaluate': (args, signal) => evaluate(context, args, signal),
    'model.inspect': (asked, signal) => networks.inspect(asked, signal),
    'model.export': (args, signal) => {
      const { runId } = args
      const { launchShortJob, cacheFolder, exporters, version } = context.options
      return exportModel(
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
  const { evaluation, ...rest } = await runShortJob(
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
  return { evaluation, ...rest }
}
