import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import LibsqlDatabase from 'libsql'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { readArtifact } from '../../../src/main/engine/control/runs/artifacts'
import {
  databaseName,
  openDatabase,
  openStore,
  type RunStore,
  placeInRun,
} from '../../../src/main/engine/control/store'
import type { ClassesArtifact } from '../../../src/main/engine/families/analyses/classes'
import type { SuspectsArtifact } from '../../../src/main/engine/families/analyses/suspects'
import { migrations } from '../../../src/main/engine/control/store/migrations'
import type { RunDetail, StageRecord } from '../../../src/shared/domain'
import { fakeCatalogue } from '../../fakes/catalogue'
import { FakeRun } from '../../fakes/run'
import { layOutPast, pastRuns, pastVersions } from '../../fixtures/past'

let folder = ''
let store: RunStore | null = null
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-artifacts-'))
})
afterEach(() => {
  store?.close()
  store = null
  rmSync(folder, { recursive: true, force: true })
})
const open = (): RunStore => {
  store?.close()
  store = openStore(folder)
  return store
}
const detail = (id: string, stages?: StageRecord[]): RunDetail => {
  const run = new FakeRun(id, fakeCatalogue.defaults, null, 1).detail
  return { ...run, stages: stages ?? run.stages }
}
const teacher = placeInRun('a', 'teacher')
const stored = (step: number, more: Partial<{ analysis: string; artifact: unknown }> = {}) => ({
  analysis: 'classes',
  step,
  artifact: { at: step },
  ...more,
})

describe('the table of artifacts', () => {
  it('gives the newest of each stage and analysis, after the store was opened again too', () => {
    open().runs.insert(detail('a'))
    for (const entry of [stored(1), stored(10), stored(2), stored(3, { analysis: 'other' })])
      store?.artifacts.put(teacher, entry)
    store?.artifacts.put(placeInRun('a', 'student-1'), stored(1))
    expect(open().artifacts.read(teacher)).toEqual([stored(10), stored(3, { analysis: 'other' })])
    expect(store?.artifacts.read(placeInRun('a', 'student-1'))).toEqual([stored(1)])
    expect(store?.artifacts.read(teacher, { analysis: 'other' })).toHaveLength(1)
    expect(store?.artifacts.newestSteps(teacher)).toEqual({ classes: 10, other: 3 })
  })

  it('replaces one of the same step, and goes back as far as earlier ones are kept', () => {
    const { runs, artifacts } = open()
    runs.insert(detail('a'))
    for (let step = 1; step <= 20; step++) artifacts.put(teacher, stored(step))
    artifacts.put(teacher, stored(20, { artifact: 'replaced' }))
    expect(artifacts.read(teacher)).toMatchObject([{ step: 20, artifact: 'replaced' }])
    expect(artifacts.read(teacher, { notAfter: 7 })).toEqual([stored(7)])
    expect(artifacts.read(teacher, { notAfter: 0 })).toEqual([])
    artifacts.truncate(teacher, 16)
    expect(artifacts.newestSteps(teacher)).toEqual({ classes: 15 })
    artifacts.truncate(teacher, 1)
    expect(artifacts.read(teacher)).toEqual([])
  })

  it('keeps the first, the newest eight, and of the others evenly as many as have room', () => {
    const { runs, artifacts } = open()
    runs.insert(detail('a'))
    const large = 'x'.repeat(64 * 1024)
    for (let step = 1; step <= 40; step++) artifacts.put(teacher, stored(step, { artifact: large }))
    const steps = new Set<number>()
    for (let step = 1; step <= 40; step++)
      for (const found of artifacts.read(teacher, { notAfter: step })) steps.add(found.step)
    const kept = [...steps]
    expect(kept).toHaveLength(15)
    expect(kept.slice(-8)).toEqual([33, 34, 35, 36, 37, 38, 39, 40])
    const gaps = kept.slice(0, 8).map((step, at) => (kept[at + 1] ?? 0) - step)
    expect(kept[0]).toBe(1)
    expect(Math.max(...gaps)).toBeLessThanOrEqual(8)
  })

  it('goes with its stage, and a damaged row is one without an artifact', () => {
    const { runs, stages, artifacts } = open()
    const other = placeInRun('b', 'teacher')
    for (const id of ['a', 'b']) runs.insert(detail(id))
    for (const place of [teacher, other]) artifacts.put(place, stored(1))
    stages.remove(teacher)
    expect(artifacts.read(teacher)).toEqual([])
    store?.close()
    const database = openDatabase(join(folder, databaseName))
    database.run("UPDATE artifacts SET artifact = CAST(X'7BFF7D' AS TEXT)")
    database.close()
    expect(open().artifacts.read(other)).toEqual([stored(1, { artifact: undefined })])
    expect(readArtifact({ ...stored(1, { artifact: undefined }), stageId: 'teacher' }).fault).toContain('damaged')
  })
})

describe('artifacts that an earlier version kept in the records of stages', () => {
  const past = (): StageRecord[] =>
    JSON.parse(readFileSync(join(import.meta.dirname, '../../fixtures/stages-0.1.0.json'), 'utf8')) as StageRecord[]

  /** A workspace as it was before the table of artifacts. */
  function pastWorkspace(records: Record<string, string>): void {
    const { config, stages: _stages, changedPaths: _changed, ...summary } = detail('a')
    const connection = new LibsqlDatabase(join(folder, databaseName))
    for (const migration of migrations.slice(0, 2)) connection.exec(migration)
    connection.exec('PRAGMA user_version = 2')
    connection
      .prepare('INSERT INTO runs (id, created_at, state, deleted_at, summary, config) VALUES (?, ?, ?, ?, ?, ?)')
      .run('a', 1, 'done', null, JSON.stringify(summary), JSON.stringify(config))
    Object.entries(records).forEach(([id, record], position) =>
      connection
        .prepare('INSERT INTO stages (run_id, id, position, record) VALUES (?, ?, ?, ?)')
        .run('a', id, position, record),
    )
    connection.close()
  }

  function expectMoved(): void {
    const [teacher, student] = store!.runs.summary('a').stages
    expect(teacher).toMatchObject({ step: 90, evaluation: { accuracy: 0.75, asr: 0.5 }, artifacts: { classes: 90 } })
    expect(student).toMatchObject({ step: 40, artifacts: { suspects: 40 } })
    expect(JSON.stringify([teacher, student])).not.toMatch(/confusion|perClassAccuracy|suspectTest/)
    const found = ['student-1', 'teacher'].flatMap((stageId) =>
      store!.artifacts.read(placeInRun('a', stageId)).map((entry) => readArtifact({ ...entry, stageId })),
    )
    expect(found.map(({ fault }) => fault)).toEqual([null, null])
    expect(found).toMatchObject([
      {
        stageId: 'student-1',
        analysis: 'suspects',
        line: 'AUC 97.3 %, 1 ensemble, accepted, tail ratio 3.4 %',
        artifact: {
          bins: { from: -12, to: 2, count: 56 },
          acceptedRatio: 0.02,
          trials: [{ verdict: 'accepted', clean: { counts: [0, 2] }, tail: { images: { deviation: null } } }],
          last: { step: 40, ratio: 0.004 },
        },
      },
      {
        stageId: 'teacher',
        analysis: 'classes',
        artifact: {
          images: [2, 2],
          accuracy: [0.5, 1],
          confusion: [
            [1, 1],
            [0, 2],
          ],
        },
      },
    ])
  }

  it('are moved when the workspace is opened, once, and damaged records stay as they are', () => {
    const records = past().map((stage): [string, string] => [stage.id, JSON.stringify(stage)])
    pastWorkspace({ ...Object.fromEntries(records), 'student-2': '{"id": "student-2", "suspect' })
    open()
    expectMoved()
    store?.artifacts.truncate(placeInRun('a', 'teacher'), 0)
    expect(open().artifacts.read(teacher)).toEqual([])
    expect(store?.artifacts.read(placeInRun('a', 'student-1'))).toHaveLength(1)
    expect(store?.runs.summary('a').error?.[0]).toMatchObject({ message: 'The record of this run is damaged.' })
  })

  it('are found in the run.json of an earlier version, from which a damaged database is begun anew', () => {
    mkdirSync(join(folder, 'runs', 'a'), { recursive: true })
    writeFileSync(join(folder, 'runs', 'a', 'run.json'), JSON.stringify(detail('a', past())))
    writeFileSync(join(folder, databaseName), 'no database')
    expect(open().repaired?.restored).toBe(1)
    expectMoved()
  })

  it('are in the run.json of this version beside the stages', async () => {
    mkdirSync(join(folder, 'runs', 'a'), { recursive: true })
    open().runs.insert(detail('a'))
    store?.artifacts.put(teacher, stored(3))
    await store?.mirror('a')
    store?.close()
    writeFileSync(join(folder, databaseName), 'no database')
    expect(open().artifacts.read(teacher)).toEqual([stored(3)])
    expect(store?.runs.summary('a').stages).toHaveLength(4)
  })
})

describe.each(pastVersions)('the kept workspace of version %s', (version) => {
  it('has the confusion matrices and suspect tests that it had', () => {
    store = openStore(layOutPast(version, folder))
    for (const [runId, { stages }] of Object.entries(pastRuns(version)))
      for (const [stageId, { confusionRow0, suspectTrials }] of Object.entries(stages)) {
        const found = store.artifacts
          .read(placeInRun(runId, stageId))
          .map((entry) => readArtifact({ ...entry, stageId }))
        expect(found.map(({ fault }) => fault).filter((fault) => fault !== null)).toEqual([])
        const artifactOf = (analysis: string): unknown => found.find((entry) => entry.analysis === analysis)?.artifact
        const classes = artifactOf('classes') as ClassesArtifact | undefined
        const suspects = artifactOf('suspects') as SuspectsArtifact | undefined
        expect([classes?.confusion[0] ?? null, suspects?.trials.length ?? 0]).toEqual([confusionRow0, suspectTrials])
        const stage = store.runs.summary(runId).stages.find(({ id }) => id === stageId)
        expect(Object.keys(stage?.artifacts ?? {}).sort()).toEqual(found.map(({ analysis }) => analysis).sort())
      }
  })
})
