/** The index of the real engine over the runs of the fake one, in memory. */
import { openDatabase } from '../../src/main/engine/control/store'
import {
  indexCalls,
  placeOfStage,
  TableIndex,
  type IndexCalls,
  type TableSource,
} from '../../src/main/engine/control/tables'
import { metricDefinitions } from '../../src/shared/domain'
import { fakeMembers, fakeMetrics } from './catalogue'
import type { FakeRun } from './run'

/** @param runs whose records change without a word: each question looks at all of them again */
export function fakeTableCalls(runs: ReadonlyMap<string, FakeRun>, studies: TableSource['studies']): IndexCalls {
  const source: TableSource = {
    studies,
    runIds: () => [...runs.keys()],
    has: (id) => runs.has(id),
    run: (id) => runOf(id).summary(),
    config: (id) => runOf(id).detail.config,
    lastValues: (place) => lastValues(place),
    analysed: () => [],
    naming: (place) => [...runs.keys()].filter((id) => place.startsWith(`runs/${id}/`)),
  }
  const runOf = (id: string): FakeRun => {
    const run = runs.get(id)
    if (!run) throw new Error(`There is no fake run ${id}.`)
    return run
  }
  const lastValues = (place: string): Map<string, number> => {
    const [, runId = '', stageId = ''] = place.split('/')
    return new Map(
      Object.entries(runOf(runId).series(stageId)).map(([name, { values }]) => [name, values.at(-1) ?? NaN]),
    )
  }
  let index: TableIndex | null = null
  const seen = new Map<string, string>()
  const opened = (): TableIndex => {
    index ??= new TableIndex({
      source,
      database: openDatabase(':memory:'),
      table: fakeMembers,
      metrics: { ...metricDefinitions, ...fakeMetrics },
      onChange: () => undefined,
      onError: (error) => {
        throw error
      },
    })
    for (const id of new Set([...seen.keys(), ...runs.keys()])) {
      const detail = runs.get(id)?.detail
      const now = JSON.stringify(detail ?? null)
      if (seen.get(id) === now) continue
      seen.set(id, now)
      index.runChanged(id)
      for (const stage of detail?.stages ?? []) index.placeChanged(placeOfStage(id, stage))
    }
    index.writeNow()
    return index
  }
  return Object.fromEntries(
    (['columns', 'rows', 'keys', 'groups', 'values', 'models', 'complete', 'pivot'] as const).map((name) => [
      `table.${name}`,
      (args: never) => (indexCalls(opened(), source)[`table.${name}`] as (given: never) => unknown)(args),
    ]),
  ) as unknown as IndexCalls
}
