/** Answers the call that writes a whole run in a form for other programs. */
import type { CallHandlers, CallsOf } from '../../../../../shared/contract'
import { metricDefinitions } from '../../../../../shared/domain'
import { tenASecond } from '../../executors/shortJobs'
import type { RunMaker } from '../../runs/runMaker'
import { readRunFile, reproduce, reproductionVerdict, type ReproduceOptions } from '../../exports/reproduce'
import { exportRun } from '../../exports/exportRun'
import type { ExportSource } from '../../exports/runToExport'
import { changedFromDefaults } from '../../experiments/changedFromDefaults'
import type { EngineContext } from '../context'

export const exportSource = ({ options, table, resolve }: EngineContext): ExportSource => {
  const { store, version, memberMetrics } = options
  return {
    store,
    table,
    version,
    dataPrint: (data, { signal, progress }) =>
      options.data.print(data, ({ fraction, message }) => progress(0.8 * fraction, message), signal),
    definitions: { ...metricDefinitions, ...memberMetrics },
    detailOf: (runId) => {
      const config = store.runs.config(runId)
      return { ...store.runs.summary(runId), config, changedPaths: changedFromDefaults(config, resolve) }
    },
  }
}

type ExportCalls = CallsOf<'export'> | CallsOf<'reproduce'>

export function exportHandlers(context: EngineContext, maker: RunMaker): CallHandlers<ExportCalls> {
  const { hub, options, table, checks } = context
  const { store, version, data } = options
  return {
    'export.run': (args, signal) => {
      const { runId, format } = args
      const onProgress = tenASecond((progress: { readonly fraction: number; readonly message: string }) =>
        hub.emit('run.exporting', { runId, format, ...progress }),
      )
      return exportRun(args, { ...exportSource(context), exporters: options.runExporters, onProgress }, signal)
    },
    'reproduce.read': ({ file }) => readRunFile(file, { version }),
    'reproduce.start': (args, signal, caller = 'owner') => {
      const told = tenASecond((progress: { readonly fraction: number; readonly message: string }) =>
        hub.emit('reproduce.progress', { file: args.file, ...progress }),
      )
      const dataPrint: ReproduceOptions['dataPrint'] = (config, ending, tell) =>
        data.print(config.data, ({ fraction, message }) => tell(fraction, message), ending)
      const assertPaths: ReproduceOptions['assertPaths'] = (config) => checks.assertConfig(caller, config)
      const work = { signal, progress: (fraction: number, message: string): void => told({ fraction, message }) }
      return reproduce(args, { store, table, version, maker, dataPrint, assertPaths }, work)
    },
    'reproduce.verdict': async ({ runId }) => ({ verdict: await reproductionVerdict(runId, store) }),
  }
}
