/** What exports are tried with: the engine's parts without an engine. */
import { exportRun } from '../../../src/main/engine/control/exports/exportRun'
import type { ExportSource } from '../../../src/main/engine/control/exports/runToExport'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import type { RunStore } from '../../../src/main/engine/control/store'
import { metricDefinitions } from '../../../src/shared/domain'
import { createFakeData } from '../../fakes/services'
import { fakeFamilies, fakeMetrics } from '../../fakes/catalogue'

export const sourceOf = (store: RunStore): ExportSource => ({
  store,
  table: memberTable(fakeFamilies),
  version: '1.2.3',
  definitions: { ...metricDefinitions, ...fakeMetrics },
  dataPrint: (data) => createFakeData().print(data, () => undefined),
  detailOf: (runId) => ({ ...store.runs.summary(runId), config: store.runs.config(runId), changedPaths: ['seed'] }),
})

export interface Exported {
  readonly result: Awaited<ReturnType<typeof exportRun>>
  readonly told: readonly { readonly fraction: number; readonly message: string }[]
}

/** As the engine's call does it. */
export async function exported(
  store: RunStore,
  { format, target, params = {} }: { format: string; target: string; params?: Record<string, unknown> },
  signal?: AbortSignal,
): Promise<Exported> {
  const told: { fraction: number; message: string }[] = []
  const onProgress = (progress: { fraction: number; message: string }): void => void told.push(progress)
  const result = await exportRun({ runId: 'r', format, target, params }, { ...sourceOf(store), onProgress }, signal)
  return { result, told }
}
