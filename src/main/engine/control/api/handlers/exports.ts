/** Answers the call that writes a whole run in a form for other programs. */
import type { CallHandlers, CallsOf } from '../../../../../shared/contract'
import { metricDefinitions } from '../../../../../shared/domain'
import { tenASecond } from '../../executors/shortJobs'
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
    definitions: { ...metricDefinitions, ...memberMetrics },
    detailOf: (runId) => {
      const config = store.runs.config(runId)
      return { ...store.runs.summary(runId), config, changedPaths: changedFromDefaults(config, resolve) }
    },
  }
}

export function exportHandlers(context: EngineContext): CallHandlers<CallsOf<'export'>> {
  const { hub, options } = context
  return {
    'export.run': (args, signal) => {
      const { runId, format } = args
      const onProgress = tenASecond((progress: { readonly fraction: number; readonly message: string }) =>
        hub.emit('run.exporting', { runId, format, ...progress }),
      )
      return exportRun(args, { ...exportSource(context), exporters: options.runExporters, onProgress }, signal)
    },
  }
}
