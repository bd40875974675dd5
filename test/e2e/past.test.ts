/** Workspaces of released versions, opened by the present program: nothing is lost, and what was paused goes on. */
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createEngineStarter, type StartedEngine } from '../../src/main/host'
import type { EngineClient } from '../../src/shared/rpc'
import type { RunSummary } from '../../src/shared/domain'
import { layOutPast, pastConfigurations, pastRuns, pastVersions } from '../fixtures/past'
import { isBuilt, newWorkspace, notBuilt, outFolder, removeWorkspace, until } from './support/engine'

/** Names of metrics that have changed since, and what they are called now. */
const renamed: Readonly<Record<string, string>> = {
  batchNormLoss: 'batchNorm.loss',
  oneHotLoss: 'oneHot.loss',
  balanceLoss: 'balance.loss',
  'loss.contrastive': 'contrastive.loss',
  'loss.disagreement': 'disagreement.loss',
  svPenalty: 'sv.penalty',
  svMaskRate: 'sv.maskRate',
  svTailRatio: 'sv.tailRatio',
  svCoefficient: 'sv.coefficient',
  srOuterLoss: 'sr.outerLoss',
  srPerturbationNorm: 'sr.perturbationNorm',
}

describe.skipIf(!isBuilt).each(pastVersions)(isBuilt ? 'a workspace of version %s' : notBuilt, (version) => {
  const runs = pastRuns(version)
  const idOf = (name: string): string => Object.keys(runs).find((id) => runs[id]?.name === name) ?? ''
  let folder = ''
  let workspace = ''
  let started: StartedEngine
  let engine: EngineClient
  beforeAll(async () => {
    folder = newWorkspace()
    workspace = layOutPast(version, folder)
    started = await createEngineStarter({
      workspace,
      script: join(outFolder, 'main', 'control.js'),
      node: { execPath: process.execPath, env: process.env },
    }).start()
    engine = started.client
  })
  afterAll(async () => {
    await started.dispose('shutdown')
    await removeWorkspace(folder)
  })

  it('opens with its runs, their states and rates', async () => {
    const list = await engine.call('runs.list', {})
    expect(list.map(({ id }) => id).sort()).toEqual(Object.keys(runs).sort())
    for (const run of list) {
      const before = runs[run.id]
      expect([run.name, run.state]).toEqual([before?.name, before?.state])
      for (const stage of run.stages) {
        const { state, step, accuracy, asr } = before?.stages[stage.id] ?? {}
        expect([stage.state, stage.step]).toEqual([state, step])
        expect([stage.evaluation?.accuracy ?? null, stage.evaluation?.asr ?? null]).toEqual([accuracy, asr])
        if (stage.weights !== null) expect(existsSync(stage.weights)).toBe(true)
      }
    }
  })

  it('shows every curve that was recorded, under the names of today', async () => {
    const { metrics } = await engine.call('engine.catalogue', {})
    for (const [runId, run] of Object.entries(runs)) {
      for (const [stageId, { series: recorded }] of Object.entries(run.stages)) {
        const { series } = await engine.call('runs.metrics', { runId, stageId })
        const names = Object.keys(recorded).map((name) => renamed[name] ?? name)
        expect(Object.keys(series).sort()).toEqual(names.sort())
        for (const [name, { points, first, last }] of Object.entries(recorded)) {
          const today = renamed[name] ?? name
          expect(metrics[today]?.definition, today).toBeTruthy()
          const values = series[today]?.values ?? new Float64Array()
          expect([values.length, values[0], values.at(-1)]).toEqual([points, first, last])
        }
      }
    }
  })

  it('shows its images, step by step and call by call', async () => {
    for (const [runId, run] of Object.entries(runs)) {
      for (const [stageId, { imageSteps, poolCalls }] of Object.entries(run.stages)) {
        expect((await engine.call('runs.imageSteps', { runId, stageId })).steps).toEqual(imageSteps)
        for (const step of imageSteps) {
          const { count, pixels } = await engine.call('runs.images', { runId, stageId, step })
          expect([count, new Set(pixels).size > 8]).toEqual([8, true])
        }
        expect((await engine.call('runs.pool', { runId, stageId })).calls).toHaveLength(poolCalls)
      }
    }
    expect(
      (await engine.call('runs.poolImages', { runId: idOf('Paused CMI'), stageId: 'student-1', call: 3 })).count,
    ).toBe(8)
  })

  it('accepts its configurations as they were saved, and changes nothing in them', async () => {
    for (const saved of pastConfigurations(version)) {
      const { config, issues } = await engine.call('experiment.validate', {
        config: { ...saved, teacher: { ...(saved.teacher as object), file: '' } },
      })
      expect(issues.filter(({ path, severity }) => severity === 'error' && path !== 'teacher.file')).toEqual([])
      expect({ ...config, teacher: { ...config.teacher, file: '' } }).toMatchObject({
        ...saved,
        teacher: { ...(saved.teacher as object), file: '' },
      })
    }
  })

  it('exports its models, the teacher from a file included', async () => {
    for (const [name, stageId] of [
      ['Finished', 'student-3'],
      ['Teacher from a file', 'teacher'],
    ] as const) {
      const path = join(folder, `${stageId}.pt`)
      await engine.call('model.export', { runId: idOf(name), stageId, format: 'torch', path })
      expect(statSync(path).size).toBeGreaterThan(300_000)
    }
  })

  it.each([
    ['Paused CMI', 24],
    ['Paused ZSKT', 60],
  ])('goes on with "%s" at its checkpoint', async (name, step) => {
    const runId = idOf(name)
    const paused = runs[runId]?.stages['student-1']?.step ?? 0
    const studentOf = (run: RunSummary) => run.stages.find(({ id }) => id === 'student-1')
    await engine.call('runs.resume', { runId })
    await until(
      `step ${step}`,
      async () => (studentOf(await engine.call('runs.get', { runId }))?.step ?? 0) >= step,
      200_000,
    )
    await engine.call('runs.stop', { runId })
    // A quick machine may be at the end before the request is read.
    const ended = ['stopped', 'done']
    await until('the stop', async () => ended.includes((await engine.call('runs.get', { runId })).state), 60_000)
    const { series } = await engine.call('runs.metrics', { runId, stageId: 'student-1', names: ['studentLoss'] })
    const { steps, values } = series.studentLoss ?? { steps: new Float64Array(), values: new Float64Array() }
    // Nothing twice and no gap, across the pause.
    expect([...steps]).toEqual(Array.from(steps, (_step, index) => index + 1))
    expect(steps.length).toBeGreaterThan(paused)
    expect(values.every(Number.isFinite)).toBe(true)
  })
})
