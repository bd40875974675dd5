import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { memberMetrics } from '../../../src/main/engine/control/experiments/families'
import { openStore, type RunStore, placeInRun } from '../../../src/main/engine/control/store'
import { metricDefinitions } from '../../../src/shared/domain'
import { currentNames } from '../../../src/shared/schema'
import { layOutPast, pastRuns, pastVersions } from '../../fixtures/past'

const folder = mkdtempSync(join(tmpdir(), 'past-metrics-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const metricNames = currentNames(memberMetrics)

/** Every series of a workspace by run, stage and name: count, first and last value. */
async function seriesOf(store: RunStore, version: string): Promise<Record<string, unknown>> {
  const found: Record<string, unknown> = {}
  for (const [id, { stages }] of Object.entries(pastRuns(version)))
    for (const stage of Object.keys(stages))
      for (const [name, { values }] of Object.entries(await store.metrics.read(placeInRun(id, stage))))
        found[`${id}/${stage}/${name}`] = { points: values.length, first: values[0], last: values.at(-1) }
  return found
}

const wantedOf = (version: string): Record<string, unknown> =>
  Object.fromEntries(
    Object.entries(pastRuns(version)).flatMap(([id, { stages }]) =>
      Object.entries(stages).flatMap(([stage, { series }]) =>
        Object.entries(series).map(([name, shown]) => [`${id}/${stage}/${metricNames.get(name) ?? name}`, shown]),
      ),
    ),
  )

describe.each(pastVersions)('the curves of a workspace of version %s', (version) => {
  it('open under today’s names, and again read-only', async () => {
    const workspace = layOutPast(version, join(folder, version))
    const wanted = wantedOf(version)
    expect(Object.keys(wanted).length).toBeGreaterThan(0)
    for (const readOnly of [false, true]) {
      const store = openStore(workspace, { readOnly, metricNames })
      expect(await seriesOf(store, version)).toEqual(wanted)
      store.close()
    }
  })

  it('all have a definition', () => {
    const definitions = { ...metricDefinitions, ...memberMetrics }
    const names = Object.keys(wantedOf(version)).map((path) => path.split('/')[2] ?? '')
    expect(names.filter((name) => !(name in definitions))).toEqual([])
  })
})
