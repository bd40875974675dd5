import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEngine, type Engine } from '../../../../src/main/engine/control/api/engine'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { openStore, type RunStore } from '../../../../src/main/engine/control/store'
import type { PartialExperimentConfig, RunSummary, StageRecord } from '../../../../src/shared/domain'
import { fakeCatalogue, fakeFamilies } from '../../../fakes/catalogue'
import { fakeDevice } from '../../../fakes/device'
import { createHandTrainers, type HandTrainer, type HandTrainers } from '../../../fakes/handTrainers'
import { createFakeData, fakeCosts, inspectFakeModel } from '../../../fakes/services'

let folder = ''
let store: RunStore
let engine: Engine
let trainers: HandTrainers
let slots = 1
let costs = fakeCosts

function open(): void {
  trainers = createHandTrainers()
  store = openStore(folder)
  engine = createEngine({
    version: '0',
    store,
    cacheFolder: join(folder, 'cache'),
    readOnly: false,
    families: fakeFamilies,
    presets: fakeCatalogue.presets,
    costs,
    data: createFakeData(),
    executors: new Map([['local', { ...trainers.executor, slots: () => slots }]]),
    launchShortJob: trainers.launch,
    log: createEngineLog(null),
    inspectModel: inspectFakeModel,
    runtimeState: () => ({ ready: true, message: null }),
  })
}
async function close(): Promise<void> {
  for (const trainer of trainers.started) if (!trainer.killed) trainer.exit(0)
  await engine.close()
}
beforeEach(() => {
  slots = 1
  costs = fakeCosts
  folder = mkdtempSync(join(tmpdir(), 'abd-scheduler-'))
  open()
})
afterEach(async () => {
  await close()
  rmSync(folder, { recursive: true, force: true })
})

const waitFor = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 15_000 })
const started = async (index: number): Promise<HandTrainer> => {
  await waitFor(() => expect(trainers.started.length).toBeGreaterThan(index))
  return trainers.started[index] as HandTrainer
}
/** Ends a trainer as one that is done; its model is a file. */
function finish(hand: HandTrainer): void {
  const { job } = hand
  const ofFile = job.kind === 'evaluate' ? (job.teacher?.weights ?? null) : null
  const weights = 'folders' in job && job.kind !== 'data' ? join(job.folders.stage, 'weights.safetensors') : ofFile
  if (weights) writeFileSync(weights, 'weights')
  hand.report({ type: 'progress', step: 10, totalSteps: 10, seconds: 60, secondsLeft: 0 })
  hand.report({ type: 'finished', outcome: 'done', step: 10, evaluation: null, weights })
  hand.exit(0)
}
const end = (hand: HandTrainer, outcome: 'paused' | 'stopped', step: number): void => {
  hand.report({ type: 'progress', step, totalSteps: 10, seconds: step, secondsLeft: null })
  hand.report({ type: 'finished', outcome, step, evaluation: null, weights: null })
  hand.exit(outcome === 'paused' ? 75 : 130)
}
const start = (config: PartialExperimentConfig): Promise<RunSummary> => engine.call('runs.start', { config })
const get = (runId: string): Promise<RunSummary> => engine.call('runs.get', { runId })
const reaches = (runId: string, state: RunSummary['state']): Promise<void> =>
  waitFor(async () => expect((await get(runId)).state).toBe(state))
const stageOf = async (runId: string, id: string): Promise<StageRecord> => {
  const found = (await get(runId)).stages.find((stage) => stage.id === id)
  if (!found) throw new Error(`no ${id}`)
  return found
}
const fakeDefense = (): string => fakeFamilies.find(({ id }) => id === 'defense')?.members[0]?.id ?? ''
const kinds = (): string[] => trainers.started.map(({ job }) => job.kind)
const plain = { students: [{ defenses: [] }] }
const finishAll = async (count: number): Promise<void> => {
  for (let index = trainers.started.filter(({ killed }) => killed).length; index < count; index++)
    finish(await started(index))
}

describe('stages of one key', () => {
  it('are trained once, for the run that came first; the other says where they come from', async () => {
    const first = await start({ ...plain, name: 'first' })
    const second = await start({ ...plain, name: 'second', recording: { evaluateEvery: 5 } })
    await finishAll(3)
    await reaches(first.id, 'done')
    await reaches(second.id, 'done')
    expect(kinds()).toEqual(['data', 'teacher', 'student'])
    expect(await stageOf(second.id, 'teacher')).toMatchObject({
      state: 'done',
      seconds: 60,
      origin: { runId: first.id, runName: 'first' },
    })
    expect((await stageOf(first.id, 'teacher')).origin).toBeUndefined()
    expect([(await get(first.id)).seconds, (await get(second.id)).seconds]).toEqual([180, 0])
  })

  it('are found by runs that are made later, also after the engine was opened again', async () => {
    const first = await start(plain)
    await finishAll(3)
    await reaches(first.id, 'done')
    await close()
    open()
    const { reused } = await engine.call('experiment.estimate', { config: { ...plain, students: [{ defenses: [] }] } })
    expect(reused).toMatchObject({ teacher: { runId: first.id, seconds: 60 }, 'student-1': { runId: first.id } })
    const defense = fakeFamilies.find(({ id }) => id === 'defense')?.members[0]?.id
    const second = await start({ students: [{ defenses: [] }, { defenses: [{ id: defense }] }] })
    finish(await started(0))
    await reaches(second.id, 'done')
    expect(trainers.started.map(({ job }) => 'stageId' in job && job.stageId)).toEqual(['student-2'])
  })

  it('are other stages with another seed', async () => {
    const first = await start(plain)
    await finishAll(3)
    await reaches(first.id, 'done')
    await start({ ...plain, seed: 1 })
    expect((await started(3)).job.kind).toBe('data')
  })

  it('whose model was deleted from the disk are trained anew', async () => {
    const first = await start(plain)
    await finishAll(3)
    await reaches(first.id, 'done')
    rmSync((await stageOf(first.id, 'student-1')).weights ?? '')
    const second = await start(plain)
    finish(await started(3))
    await reaches(second.id, 'done')
    expect(kinds()).toEqual(['data', 'teacher', 'student', 'student'])
  })

  it('that fail fail all runs that want them, and stop no other', async () => {
    const [one, two, other] = [await start(plain), await start(plain), await start({ ...plain, seed: 1 })]
    finish(await started(0))
    const teacher = await started(1)
    teacher.report({ type: 'failed', causes: [{ name: 'UserError', message: 'no teacher today', forUser: true }] })
    teacher.exit(1)
    await reaches(one.id, 'failed')
    await reaches(two.id, 'failed')
    expect((await get(two.id)).error?.[0]?.message).toBe('no teacher today')
    for (const index of [2, 3, 4]) finish(await started(index))
    await reaches(other.id, 'done')
  })

  it('go on for the others when one of their runs is paused, and pause when the last one is', async () => {
    const [one, two] = [await start(plain), await start(plain)]
    const data = await started(0)
    await engine.call('runs.pause', { runId: one.id })
    expect((await get(one.id)).state).toBe('paused')
    expect(data.requests).toEqual([])
    finish(data)
    const teacher = await started(1)
    await engine.call('runs.pause', { runId: two.id })
    expect(teacher.requests).toEqual(['pause'])
    end(teacher, 'paused', 4)
    await reaches(two.id, 'paused')
    await engine.call('runs.resume', { runId: one.id })
    expect((await started(2)).job).toMatchObject({ kind: 'teacher', resume: true })
  })

  it('that a paused run leaves are taken up for a run that waits behind it', async () => {
    const one = await start(plain)
    const data = await started(0)
    await engine.call('runs.stop', { runId: one.id })
    const two = await start(plain)
    end(data, 'stopped', 0)
    await reaches(one.id, 'stopped')
    expect((await started(1)).job.kind).toBe('data')
    expect((await get(two.id)).state).toBe('running')
  })

  it('are freed with the last run that names them', async () => {
    const [one, two] = [await start(plain), await start(plain)]
    await finishAll(3)
    await reaches(two.id, 'done')
    const { weights } = await stageOf(one.id, 'teacher')
    const empty = async (id: string): Promise<void> => {
      await engine.call('runs.delete', { runIds: [id] })
      await engine.call('runs.emptyBin', {})
    }
    await empty(one.id)
    expect(existsSync(weights ?? '')).toBe(true)
    expect((await stageOf(two.id, 'teacher')).state).toBe('done')
    await empty(two.id)
    expect(existsSync(weights ?? '')).toBe(false)
  })
})

describe('a student that goes on from another one', () => {
  const late = { students: [{ defenses: [] }, { defenses: [{ id: fakeDefense() }] }] }
  const checkpoint = ({ job }: HandTrainer, step: number): void => {
    if ('folders' in job) writeFileSync(join(job.folders.stage, `checkpoint-00000000${step}.safetensors`), '')
  }
  beforeEach(async () => {
    await close()
    costs = {
      ...fakeCosts,
      length: ({ defenses }, total) =>
        defenses.length === 0 ? { total, prefix: null } : { total: total + 2, prefix: { defenses: [], steps: 4 } },
    }
    open()
  })

  it('begins at its checkpoint, which that one keeps for it, and which a later run finds', async () => {
    const run = await start(late)
    for (const index of [0, 1]) finish(await started(index))
    const plainStudent = await started(2)
    expect(plainStudent.job).toMatchObject({ kind: 'student', studentIndex: 0, branchesAt: [4] })
    checkpoint(plainStudent, 4)
    finish(plainStudent)
    const place = (await stageOf(run.id, 'student-1')).place ?? ''
    expect((await started(3)).job).toMatchObject({ startFrom: { folder: join(folder, place), step: 4 } })
    finish(await started(3))
    await reaches(run.id, 'done')
    const other = await start({ students: late.students.slice(1), name: 'the defended one alone' })
    await reaches(other.id, 'done')
    expect(trainers.started).toHaveLength(4)
  })

  it('begins by itself where that one is not there, or has kept no such checkpoint', async () => {
    await start({ students: late.students.slice(1) })
    for (const index of [0, 1]) finish(await started(index))
    expect((await started(2)).job).not.toHaveProperty('startFrom')
  })
})

describe('training again', () => {
  it('gives the stage and what builds on it places of their own; other runs keep what they had', async () => {
    const [one, two] = [await start(plain), await start(plain)]
    await finishAll(3)
    await reaches(two.id, 'done')
    const before = await stageOf(one.id, 'teacher')
    await engine.call('runs.trainAgain', { runId: two.id, stageId: 'teacher' })
    for (const index of [3, 4]) finish(await started(index))
    await reaches(two.id, 'done')
    expect(kinds().slice(3)).toEqual(['teacher', 'student'])
    const again = await stageOf(two.id, 'teacher')
    expect([again.key === before.key, again.place === before.place, again.origin]).toEqual([true, false, undefined])
    expect((await stageOf(one.id, 'teacher')).place).toBe(before.place)
    await expect(engine.call('runs.trainAgain', { runId: two.id, stageId: 'student-9' })).rejects.toThrow('no stage')
  })
})

describe('several slots', () => {
  it('train the students of a run at once, and no more than there are', async () => {
    slots = 2
    const run = await start({ students: [{ defenses: [] }, { defenses: [{ id: fakeDefense() }] }] })
    const other = await start({ ...plain, seed: 1 })
    await started(1)
    expect(kinds()).toEqual(['data', 'data'])
    finish(await started(0))
    const teacher = await started(2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(trainers.started).toHaveLength(3)
    finish(teacher)
    expect((await started(3)).job).toMatchObject({ kind: 'student', studentIndex: 0 })
    finish(await started(1))
    expect((await started(4)).job).toMatchObject({ kind: 'student', studentIndex: 1 })
    // One of two students fails: the other ends first, then the run does.
    ;(await started(3)).report({ type: 'failed', causes: [{ name: 'UserError', message: 'no', forUser: true }] })
    ;(await started(3)).exit(1)
    expect((await get(run.id)).state).toBe('running')
    finish(await started(4))
    await reaches(run.id, 'failed')
    expect((await stageOf(run.id, 'student-2')).state).toBe('done')
    await engine.call('runs.stop', { runId: other.id })
  })
})

describe('the order of a study', () => {
  it('can be changed, is told, and is that of the work also after a restart', async () => {
    const seeds = [0, 1, 2, 3].map((seed) => ({ label: String(seed), value: seed }))
    const { id: studyId } = await engine.call('studies.start', {
      definition: {
        format: 1,
        name: 'four seeds',
        note: '',
        base: { config: plain },
        axes: [{ path: 'seed', values: seeds }],
        exclude: [],
        conditions: [],
        strategy: { id: 'grid', params: {} },
        order: 'asListed',
        executor: 'local',
        priority: 0,
      },
    })
    const queue = async (): Promise<readonly number[]> => (await engine.call('studies.get', { studyId })).queue
    await started(0)
    expect(await queue()).toEqual([1, 2, 3])
    await engine.call('studies.reorder', { studyId, cells: [3, 2] })
    expect(await queue()).toEqual([3, 2, 1])
    await close()
    open()
    expect((await engine.call('studies.get', { studyId })).list.map(({ state }) => state)).toEqual(
      Array.from({ length: 4 }, () => 'paused'),
    )
    await engine.call('studies.resume', { studyId })
    const { job } = await started(0)
    expect('config' in job && job.config.seed).toBe(3)
    expect(await queue()).toEqual([2, 0, 1])
    await engine.call('studies.cancel', { studyId })
  })
})

describe('a file that a run names', () => {
  const fromFile = (): { file: string; config: PartialExperimentConfig } => {
    const file = join(folder, 'teacher.pt')
    writeFileSync(file, 'first')
    return { file, config: { ...plain, teacher: { source: 'file', file } } }
  }

  it('ends the run where it holds something else by now, and lets it go on when it is put back', async () => {
    const { file, config } = fromFile()
    const run = await start(config)
    await started(0)
    writeFileSync(file, 'second')
    finish(await started(0))
    await reaches(run.id, 'failed')
    expect((await get(run.id)).error?.[0]).toMatchObject({
      message: 'A file that this run reads has changed since the run was made.',
      where: file,
    })
    expect((await start(config)).stages[1]?.key).not.toBe((await stageOf(run.id, 'teacher')).key)
    writeFileSync(file, 'first')
    await engine.call('runs.resume', { runId: run.id })
    await waitFor(() => expect(kinds()).toContain('evaluate'))
  })

  it('may change when it was read: later stages take the copy, and keys stay, also after a restart', async () => {
    const { file, config } = fromFile()
    const run = await start(config)
    for (const index of [0, 1]) finish(await started(index))
    await started(2)
    const key = (await stageOf(run.id, 'student-1')).key
    await close()
    writeFileSync(file, 'second')
    open()
    await engine.call('runs.resume', { runId: run.id })
    ;(await started(0)).report({ type: 'ready', device: fakeDevice })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await stageOf(run.id, 'student-1')).key).toBe(key)
    ;(await started(0)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    await waitFor(async () => expect((await stageOf(run.id, 'student-1')).keyDevice).toBe('gpu'))
    expect((await stageOf(run.id, 'student-1')).key).not.toBe(key)
    expect((await stageOf(run.id, 'teacher')).keyDevice).toBe('cpu')
  })
})

describe('a device that nobody expected', () => {
  it('makes other stages of those that it computes', async () => {
    const run = await start(plain)
    finish(await started(0))
    const before = await stageOf(run.id, 'teacher')
    ;(await started(1)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    await waitFor(async () => expect((await stageOf(run.id, 'teacher')).key).not.toBe(before.key))
    expect(await stageOf(run.id, 'teacher')).toMatchObject({ place: before.place, keyDevice: 'gpu' })
    expect((await engine.call('experiment.estimate', { config: plain })).reused).toBeUndefined()
  })

  it('offers its teachers to runs of another one, which take them only when they are told to', async () => {
    const first = await start(plain)
    finish(await started(0))
    ;(await started(1)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    for (const index of [1, 2]) finish(await started(index))
    await reaches(first.id, 'done')
    const config = { ...plain, execution: { device: 'cpu' } }
    expect(await engine.call('experiment.estimate', { config })).toMatchObject({
      offered: { runId: first.id, seconds: 60, device: 'gpu' },
    })
    const second = await engine.call('runs.start', { config, takeTeacher: true })
    finish(await started(3))
    await reaches(second.id, 'done')
    expect(kinds().slice(3)).toEqual(['student'])
    expect((await stageOf(second.id, 'teacher')).origin?.runId).toBe(first.id)
    expect((await stageOf(second.id, 'student-1')).key).not.toBe((await stageOf(first.id, 'student-1')).key)
    const third = await start(config)
    expect((await started(4)).job.kind).toBe('teacher')
    await engine.call('runs.stop', { runId: third.id })
    await expect(engine.call('runs.start', { config: { ...config, seed: 9 }, takeTeacher: true })).rejects.toThrow(
      'no teacher of this experiment from another device',
    )
  })
})
