import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { giveHealth } from '../../../../src/main/engine/control/runs/giveHealth'
import { openStore, placeInRun, type RunStore } from '../../../../src/main/engine/control/store'
import type { Evaluation, StageRecord } from '../../../../src/shared/domain'
import { fakeCatalogue, fakeMembers } from '../../../fakes/catalogue'
import { FakeRun } from '../../../fakes/run'
import { layOutPast, pastVersions } from '../../../fixtures/past'

const folder = mkdtempSync(join(tmpdir(), 'past-health-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const old: Evaluation = { accuracy: 0.1, asr: 0, asrAll: 0.1, robustAccuracy: 0.1, images: 10_000, nonTarget: 9000 }

/** A run whose stages are as an earlier version left them. */
function workspaceOf(name: string, change: (stage: StageRecord) => Partial<StageRecord>): RunStore {
  const store = openStore(join(folder, name))
  const { detail } = new FakeRun('a', fakeCatalogue.defaults, null, 1)
  const stages = detail.stages.map((stage) => ({
    ...stage,
    ...{ state: 'done' as const, step: 400, totalSteps: 400, evaluation: stage.kind === 'data' ? null : old },
    ...change(stage),
  }))
  store.runs.insert({ ...detail, stages })
  return store
}
const kindsIn = (store: RunStore): Record<string, string[]> =>
  Object.fromEntries(
    store.runs
      .peek('a')
      .stages.flatMap(({ id, health = [] }) => (health.length > 0 ? [[id, health.map(({ kind }) => kind)]] : [])),
  )

describe('models of earlier versions', () => {
  it('are found dead by the classes of their data set, and collapsed by their confusion matrix', async () => {
    const store = workspaceOf('dead', () => ({}))
    store.artifacts.put(placeInRun('a', 'teacher'), {
      analysis: 'classes',
      step: 400,
      artifact: {
        images: [50, 50],
        accuracy: [1, 0.1],
        confusion: [
          [50, 0],
          [45, 5],
        ],
      },
    })
    expect(kindsIn(store)).toEqual({})
    await giveHealth(store, fakeMembers)
    expect(kindsIn(store)['teacher']).toEqual(['collapsedTeacher', 'teacherNotPoisoned'])
    expect(kindsIn(store)['student-1']).toEqual(['deadStudent'])
    expect(store.runs.peek('a').stages.find(({ id }) => id === 'teacher')?.evaluation).toMatchObject({
      classes: 2,
      topAnswer: { label: 0, share: 0.95 },
    })
    expect(store.lacks('health of models')).toBe(false)
    store.close()
  })

  it('are found diverged by the last value of a metric', async () => {
    const store = workspaceOf('diverged', ({ kind }) =>
      kind === 'student' ? { state: 'failed', evaluation: null } : {},
    )
    store.metrics.append(placeInRun('a', 'student-1'), [{ name: 'studentLoss', step: 7, value: NaN }])
    store.metrics.flush()
    await giveHealth(store, fakeMembers)
    expect(kindsIn(store)['student-1']).toEqual(['notFinite'])
    store.close()
  })
})

it.each(pastVersions)(
  'the kept workspace of version %s opens, with the number of classes in its evaluations',
  async (version) => {
    const store = openStore(layOutPast(version, join(folder, version)))
    await giveHealth(store, fakeMembers)
    const evaluations = store.runs
      .list(true)
      .flatMap(({ stages }) => stages.flatMap(({ evaluation }) => evaluation ?? []))
    expect(evaluations.length).toBeGreaterThan(0)
    expect(evaluations.every(({ classes }) => classes === 10)).toBe(true)
    store.close()
  },
)
