import { existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkpointFile, listCheckpoints } from '../../../../src/main/engine/protocol/checkpointFiles'
import type { ExperimentConfig, RunSummary, StageRecord } from '../../../../src/shared/domain'
import { fakeDevice } from '../../../fakes/device'
import { EngineBench } from '../../../fixtures/engineBench'

let bench: EngineBench
let source: RunSummary
let config: ExperimentConfig
let started = 0
const student = { stageId: 'student-1' }

const stageOf = async (runId: string, id = student.stageId): Promise<StageRecord> =>
  (await bench.engine.call('runs.get', { runId })).stages.find((stage) => stage.id === id) as StageRecord
const folderOf = async (runId: string): Promise<string> =>
  bench.store.stageFolder((await stageOf(runId)).place ?? 'none')

beforeEach(async () => {
  bench = new EngineBench().open()
  // Thinning leaves the checkpoints of such a run.
  const recording = { evaluateEvery: 4, keptCheckpoints: 100 }
  source = await bench.start({ name: 'Mine', students: [{ defenses: [] }], recording })
  started = await bench.finishAll(source.id)
  const folder = await folderOf(source.id)
  mkdirSync(folder, { recursive: true })
  for (const step of [4, 8]) writeFileSync(join(folder, checkpointFile(step)), `checkpoint ${step}`)
  ;({ config } = await bench.engine.call('runs.get', { runId: source.id }))
})
afterEach(() => bench.dispose())

const fork = (change: Partial<ExperimentConfig> = {}, step = 8): Promise<RunSummary> =>
  bench.engine.call('runs.fork', { runId: source.id, ...student, step, config: { ...config, ...change } })

describe('a fork', () => {
  it('is offered at the steps whose checkpoints are there', async () => {
    const ask = (stageId: string) => bench.engine.call('runs.forkSteps', { runId: source.id, stageId })
    expect(await ask('student-1')).toEqual({ steps: [4, 8] })
    await expect(ask('teacher')).rejects.toThrow('has no student "teacher"')
    await expect(ask('student-2')).rejects.toThrow('has no student')
  })

  it('is a run of its own, with the teacher that is there, that says where it comes from', async () => {
    const made = await fork()
    expect(made).toMatchObject({
      name: 'Mine (fork at 8)',
      forkedFrom: { runId: source.id, runName: 'Mine', stageId: 'student-1', step: 8 },
    })
    const job = (await bench.trainer(started)).job
    const folder = await folderOf(made.id)
    expect(job).toMatchObject({
      kind: 'student',
      resume: false,
      startFrom: { folder: join(folder, 'start'), step: 8, named: `${source.id}/student-1@8` },
    })
    expect((await stageOf(made.id, 'teacher')).place).toBe((await stageOf(source.id, 'teacher')).place)
    await bench.finishAll(made.id, started)
  })

  it('has a key that says from which student, after which step, and with what', async () => {
    const keys = [await fork(), await fork({}, 4), await fork({ students: [{ defenses: [{ id: 'sv', params: {} }] }] })]
    const all = [source, ...keys].map(({ id }) => stageOf(id))
    const stages = await Promise.all(all)
    expect(new Set(stages.map(({ key }) => key)).size).toBe(4)
    expect(stages.map(({ prefix }) => prefix ?? null)).toEqual([
      null,
      { key: stages[0]?.key, step: 8, fork: true },
      { key: stages[0]?.key, step: 4, fork: true },
      { key: stages[0]?.key, step: 8, fork: true },
    ])
    // The same fork again is the same stage.
    expect((await stageOf((await fork()).id)).place).toBe(stages[1]?.place)
  })

  it('goes on with another rate, weight or length of the method', async () => {
    const { id, params } = config.distillation.method
    const before = await stageOf(source.id)
    for (const change of [{ pseudoBatches: 20 }, { attention: 5 }]) {
      const method = { id, params: { ...params, ...change } }
      const made = await fork({ distillation: { ...config.distillation, method } })
      expect((await stageOf(made.id)).prefix).toEqual({ key: before.key, step: 8, fork: true })
      expect((await stageOf(made.id, 'teacher')).place).toBe((await stageOf(source.id, 'teacher')).place)
    }
  })

  it('may go on in another precision: another student, with the very teacher that it has, which says its own', async () => {
    // Known by now, so that no fork waits for a probe.
    const device = bench.engine.call('engine.device', {})
    const probe = await bench.trainer(started)
    probe.report({ type: 'ready', device: fakeDevice })
    probe.report({ type: 'finished', outcome: 'done', step: 0, evaluation: null, weights: null })
    probe.exit(0)
    await device
    const [same, other] = [await fork(), await fork({ execution: { ...config.execution, precision: 'mixed' } })]
    const [own, mixed] = [await stageOf(same.id), await stageOf(other.id)]
    expect(mixed.key).not.toBe(own.key)
    expect([own.precision, mixed.precision]).toEqual([undefined, 'mixed'])
    const [before, teacher] = [await stageOf(source.id, 'teacher'), await stageOf(other.id, 'teacher')]
    expect(teacher).toMatchObject({ place: before.place, recipe: before.recipe })
    expect(teacher.precision).toBeUndefined()
    // A run of its own in that precision shares neither.
    const alone = await bench.start({
      ...config,
      name: 'Alone',
      execution: { ...config.execution, precision: 'mixed' },
    })
    expect((await stageOf(alone.id, 'teacher')).place).not.toBe(before.place)
    expect((await stageOf(alone.id)).key).not.toBe(mixed.key)
  })

  it('goes on although the student that it comes from is deleted with its checkpoints', async () => {
    const made = await fork()
    const hand = await bench.trainer(started)
    await bench.engine.call('runs.stop', { runId: made.id })
    hand.report({ type: 'finished', outcome: 'stopped', step: 8, evaluation: null, weights: null })
    hand.exit(130)
    await bench.waitFor(async () => expect(await bench.stateOf(made.id)).toBe('stopped'))
    const gone = await folderOf(source.id)
    await bench.engine.call('runs.delete', { runIds: [source.id] })
    await bench.engine.call('runs.emptyBin', {})
    expect(existsSync(gone)).toBe(false)
    const before = bench.trainers.started.length
    await bench.engine.call('runs.resume', { runId: made.id })
    const again = (await bench.trainer(before)).job
    const folder = join(await folderOf(made.id), 'start')
    expect(again).toMatchObject({ startFrom: { folder, step: 8 } })
    expect(listCheckpoints(folder).map(({ step }) => step)).toEqual([8])
  })

  it('is refused with the path of what a checkpoint cannot take, and leaves nothing', async () => {
    await expect(fork({ seed: 7 })).rejects.toThrow(/seed cannot change in a fork/)
    await expect(fork({}, 5)).rejects.toThrow('has no checkpoint at step 5')
    rmSync(await folderOf(source.id), { recursive: true })
    await expect(fork()).rejects.toThrow('no checkpoint')
    expect(await bench.engine.call('runs.list', {})).toHaveLength(1)
  })

  it('is refused in a workspace of another engine, which can still be asked for steps', async () => {
    await bench.close()
    bench.open({ readOnly: true })
    expect(await bench.engine.call('runs.forkSteps', { runId: source.id, ...student })).toEqual({ steps: [4, 8] })
    await expect(fork()).rejects.toThrow('read-only')
    await expect(bench.engine.call('runs.twins', { runIds: [source.id], without: ['poison'] })).rejects.toThrow(
      'read-only',
    )
  })
})
