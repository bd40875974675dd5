import { existsSync, mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { PartialExperimentConfig, RunSummary, StageRecord } from '../../../../src/shared/domain'
import { fakeFamilies } from '../../../fakes/catalogue'
import { fakeDevice } from '../../../fakes/device'
import type { HandTrainer } from '../../../fakes/handTrainers'
import { fakeCosts } from '../../../fakes/services'
import { EngineBench, finishStage } from '../../../fixtures/engineBench'

let bench: EngineBench
beforeEach(() => {
  bench = new EngineBench().open()
})
afterEach(() => bench.dispose())

const end = (hand: HandTrainer, outcome: 'paused' | 'stopped', step: number): void => {
  hand.report({ type: 'progress', step, totalSteps: 10, seconds: step, secondsLeft: null })
  hand.report({ type: 'finished', outcome, step, evaluation: null, weights: null })
  hand.exit(outcome === 'paused' ? 75 : 130)
}
const get = (runId: string): Promise<RunSummary> => bench.engine.call('runs.get', { runId })
const reaches = (runId: string, state: RunSummary['state']): Promise<void> =>
  bench.waitFor(async () => expect((await get(runId)).state).toBe(state))
const stageOf = async (runId: string, id: string): Promise<StageRecord> => {
  const found = (await get(runId)).stages.find((stage) => stage.id === id)
  if (!found) throw new Error(`no ${id}`)
  return found
}
const fakeDefense = (): string => fakeFamilies.find(({ id }) => id === 'defense')?.members[0]?.id ?? ''
const kinds = (): string[] => bench.trainers.started.map(({ job }) => job.kind)
const halfOfCores = Math.max(1, Math.floor(availableParallelism() / 2))
const plain = { students: [{ defenses: [] }] }
const finishAll = async (count: number): Promise<void> => {
  for (let index = bench.trainers.started.filter(({ killed }) => killed).length; index < count; index++)
    finishStage(await bench.trainer(index))
}

describe('stages of one key', () => {
  it('are trained once, for the run that came first; the other says where they come from', async () => {
    const first = await bench.start({ ...plain, name: 'first' })
    const second = await bench.start({ ...plain, name: 'second', recording: { evaluateEvery: 5 } })
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
    const first = await bench.start(plain)
    await finishAll(3)
    await reaches(first.id, 'done')
    await bench.close()
    bench.open()
    const { reused } = await bench.engine.call('experiment.estimate', {
      config: { ...plain, students: [{ defenses: [] }] },
    })
    expect(reused).toMatchObject({ teacher: { runId: first.id, seconds: 60 }, 'student-1': { runId: first.id } })
    const defense = fakeFamilies.find(({ id }) => id === 'defense')?.members[0]?.id
    const second = await bench.start({ students: [{ defenses: [] }, { defenses: [{ id: defense }] }] })
    finishStage(await bench.trainer(0))
    await reaches(second.id, 'done')
    expect(bench.trainers.started.map(({ job }) => 'stageId' in job && job.stageId)).toEqual(['student-2'])
  })

  it('are other stages with another seed', async () => {
    const first = await bench.start(plain)
    await finishAll(3)
    await reaches(first.id, 'done')
    await bench.start({ ...plain, seed: 1 })
    expect((await bench.trainer(3)).job.kind).toBe('data')
  })

  it('whose model was deleted from the disk are trained anew', async () => {
    const first = await bench.start(plain)
    await finishAll(3)
    await reaches(first.id, 'done')
    rmSync((await stageOf(first.id, 'student-1')).weights ?? '')
    const second = await bench.start(plain)
    finishStage(await bench.trainer(3))
    await reaches(second.id, 'done')
    expect(kinds()).toEqual(['data', 'teacher', 'student', 'student'])
  })

  it('that fail fail all runs that want them, and stop no other', async () => {
    const [one, two, other] = [
      await bench.start(plain),
      await bench.start(plain),
      await bench.start({ ...plain, seed: 1 }),
    ]
    finishStage(await bench.trainer(0))
    const teacher = await bench.trainer(1)
    teacher.report({ type: 'failed', causes: [{ name: 'UserError', message: 'no teacher today', forUser: true }] })
    teacher.exit(1)
    await reaches(one.id, 'failed')
    await reaches(two.id, 'failed')
    expect((await get(two.id)).error?.[0]?.message).toBe('no teacher today')
    for (const index of [2, 3, 4]) finishStage(await bench.trainer(index))
    await reaches(other.id, 'done')
  })

  it('go on for the others when one of their runs is paused, and pause when the last one is', async () => {
    const [one, two] = [await bench.start(plain), await bench.start(plain)]
    const data = await bench.trainer(0)
    await bench.engine.call('runs.pause', { runId: one.id })
    expect((await get(one.id)).state).toBe('paused')
    expect(data.requests).toEqual([])
    finishStage(data)
    const teacher = await bench.trainer(1)
    await bench.engine.call('runs.pause', { runId: two.id })
    expect(teacher.requests).toEqual(['pause'])
    end(teacher, 'paused', 4)
    await reaches(two.id, 'paused')
    await bench.engine.call('runs.resume', { runId: one.id })
    expect((await bench.trainer(2)).job).toMatchObject({ kind: 'teacher', resume: true })
  })

  it('that a paused run leaves are taken up for a run that waits behind it', async () => {
    const one = await bench.start(plain)
    const data = await bench.trainer(0)
    await bench.engine.call('runs.stop', { runId: one.id })
    const two = await bench.start(plain)
    end(data, 'stopped', 0)
    await reaches(one.id, 'stopped')
    expect((await bench.trainer(1)).job.kind).toBe('data')
    expect((await get(two.id)).state).toBe('running')
  })

  it('are freed with the last run that names them', async () => {
    const [one, two] = [await bench.start(plain), await bench.start(plain)]
    await finishAll(3)
    await reaches(two.id, 'done')
    const { weights } = await stageOf(one.id, 'teacher')
    const empty = async (id: string): Promise<void> => {
      await bench.engine.call('runs.delete', { runIds: [id] })
      await bench.engine.call('runs.emptyBin', {})
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
    await bench.close()
    bench.open({
      costs: {
        ...fakeCosts,
        length: ({ defenses }, total) =>
          defenses.length === 0 ? { total, prefix: null } : { total: total + 2, prefix: { defenses: [], steps: 4 } },
      },
    })
  })

  it('begins at its checkpoint, which that one keeps for it, and which a later run finds', async () => {
    const run = await bench.start(late)
    for (const index of [0, 1]) finishStage(await bench.trainer(index))
    const plainStudent = await bench.trainer(2)
    expect(plainStudent.job).toMatchObject({ kind: 'student', studentIndex: 0, branchesAt: [4] })
    checkpoint(plainStudent, 4)
    finishStage(plainStudent)
    const place = (await stageOf(run.id, 'student-1')).place ?? ''
    expect((await bench.trainer(3)).job).toMatchObject({ startFrom: { folder: join(bench.folder, place), step: 4 } })
    finishStage(await bench.trainer(3))
    await reaches(run.id, 'done')
    const other = await bench.start({ students: late.students.slice(1), name: 'the defended one alone' })
    await reaches(other.id, 'done')
    expect(bench.trainers.started).toHaveLength(4)
  })

  it.each(['pause', 'stop'] as const)('finds its checkpoint after a %s: that one keeps it meanwhile', async (how) => {
    const waiting = await bench.start({ students: late.students.slice(1), name: 'late' })
    end(await bench.trainer(0), how === 'pause' ? 'paused' : 'stopped', 0)
    await bench.engine.call(`runs.${how}`, { runId: waiting.id })
    await reaches(waiting.id, how === 'pause' ? 'paused' : 'stopped')
    const twin = await bench.start({ students: late.students.slice(0, 1), name: 'twin' })
    for (const index of [1, 2]) finishStage(await bench.trainer(index))
    const plainStudent = await bench.trainer(3)
    expect(plainStudent.job).toMatchObject({ kind: 'student', branchesAt: [4] })
    checkpoint(plainStudent, 4)
    finishStage(plainStudent)
    await reaches(twin.id, 'done')
    await bench.engine.call('runs.resume', { runId: waiting.id })
    const place = (await stageOf(twin.id, 'student-1')).place ?? ''
    expect((await bench.trainer(4)).job).toMatchObject({ startFrom: { folder: join(bench.folder, place), step: 4 } })
  })

  it('begins by itself where that one is not there, or has kept no such checkpoint', async () => {
    await bench.start({ students: late.students.slice(1) })
    for (const index of [0, 1]) finishStage(await bench.trainer(index))
    expect((await bench.trainer(2)).job).not.toHaveProperty('startFrom')
  })
})

describe('training again', () => {
  it('gives the stage and what builds on it places of their own; other runs keep what they had', async () => {
    const [one, two] = [await bench.start(plain), await bench.start(plain)]
    await finishAll(3)
    await reaches(two.id, 'done')
    const before = await stageOf(one.id, 'teacher')
    await bench.engine.call('runs.trainAgain', { runId: two.id, stageId: 'teacher' })
    for (const index of [3, 4]) finishStage(await bench.trainer(index))
    await reaches(two.id, 'done')
    expect(kinds().slice(3)).toEqual(['teacher', 'student'])
    const again = await stageOf(two.id, 'teacher')
    expect([again.key === before.key, again.place === before.place, again.origin]).toEqual([true, false, undefined])
    expect((await stageOf(one.id, 'teacher')).place).toBe(before.place)
    await expect(bench.engine.call('runs.trainAgain', { runId: two.id, stageId: 'student-9' })).rejects.toThrow(
      'no stage',
    )
  })
})

describe('several slots', () => {
  it('train the students of a run at once, and no more than there are', async () => {
    bench.slots = 2
    const run = await bench.start({ students: [{ defenses: [] }, { defenses: [{ id: fakeDefense() }] }] })
    const other = await bench.start({ ...plain, seed: 1 })
    await bench.trainer(1)
    expect(kinds()).toEqual(['data', 'data'])
    finishStage(await bench.trainer(0))
    const teacher = await bench.trainer(2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(bench.trainers.started).toHaveLength(3)
    finishStage(teacher)
    expect((await bench.trainer(3)).job).toMatchObject({ kind: 'student', studentIndex: 0 })
    finishStage(await bench.trainer(1))
    expect((await bench.trainer(4)).job).toMatchObject({ kind: 'student', studentIndex: 1 })
    // One of two students fails: the other ends first, then the run does.
    ;(await bench.trainer(3)).report({ type: 'failed', causes: [{ name: 'UserError', message: 'no', forUser: true }] })
    ;(await bench.trainer(3)).exit(1)
    expect((await get(run.id)).state).toBe('running')
    finishStage(await bench.trainer(4))
    await reaches(run.id, 'failed')
    expect((await stageOf(run.id, 'student-2')).state).toBe('done')
    await bench.engine.call('runs.stop', { runId: other.id })
  })
})

describe('students side by side', () => {
  const two = { students: [{ defenses: [] }, { defenses: [{ id: fakeDefense() }] }] }
  const threadsOf = ({ job }: HandTrainer): number | undefined => ('config' in job ? job.config.execution.threads : -1)
  it('train at once beyond the slots, each with its share of the cores; the rest of the run does not', async () => {
    const run = await bench.start({ ...two, execution: { sideBySide: true } })
    finishStage(await bench.trainer(0))
    const teacher = await bench.trainer(1)
    expect(threadsOf(teacher)).toBe(0)
    finishStage(teacher)
    const students = [await bench.trainer(2), await bench.trainer(3)]
    expect(students.map(({ job }) => job.kind)).toEqual(['student', 'student'])
    expect(students.map(threadsOf)).toEqual([halfOfCores, halfOfCores])
    students.forEach(finishStage)
    await reaches(run.id, 'done')
  })
  it('leave the stages of other runs waiting, and wait for these', async () => {
    await bench.start({ ...two, execution: { sideBySide: true } })
    const other = await bench.start({ ...plain, seed: 1 })
    finishStage(await bench.trainer(0))
    finishStage(await bench.trainer(1))
    finishStage(await bench.trainer(2))
    await bench.trainer(3)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(bench.trainers.started).toHaveLength(4)
    expect((await get(other.id)).state).toBe('queued')
  })
  it('train one after the other on a GPU', async () => {
    await bench.start({ ...two, execution: { sideBySide: true } })
    finishStage(await bench.trainer(0))
    ;(await bench.trainer(1)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    finishStage(await bench.trainer(1))
    await bench.trainer(2)
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect(bench.trainers.started).toHaveLength(3)
  })
  it('are paused together, and go on together', async () => {
    const run = await bench.start({ ...two, execution: { sideBySide: true } })
    finishStage(await bench.trainer(0))
    finishStage(await bench.trainer(1))
    const students = [await bench.trainer(2), await bench.trainer(3)]
    await bench.engine.call('runs.pause', { runId: run.id })
    for (const student of students) end(student, 'paused', 3)
    await reaches(run.id, 'paused')
    await bench.engine.call('runs.resume', { runId: run.id })
    for (const index of [4, 5])
      expect((await bench.trainer(index)).job).toMatchObject({ kind: 'student', resume: true })
  })
})

describe('more slots than before', () => {
  it('are used at once, not when the next stage ends', async () => {
    await bench.start(plain)
    await bench.start({ ...plain, seed: 1 })
    await bench.trainer(0)
    bench.slots = 2
    await bench.engine.call('engine.setSettings', { slots: 2 })
    await bench.trainer(1)
    expect(kinds()).toEqual(['data', 'data'])
  })
})

describe('the order of a study', () => {
  it('can be changed, is told, and is that of the work also after a restart', async () => {
    const seeds = [0, 1, 2, 3].map((seed) => ({ label: String(seed), value: seed }))
    const { id: studyId } = await bench.engine.call('studies.start', {
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
    const queue = async (): Promise<readonly number[]> => (await bench.engine.call('studies.get', { studyId })).queue
    await bench.trainer(0)
    expect(await queue()).toEqual([1, 2, 3])
    await bench.engine.call('studies.reorder', { studyId, cells: [3, 2] })
    expect(await queue()).toEqual([3, 2, 1])
    await bench.close()
    bench.open()
    expect((await bench.engine.call('studies.get', { studyId })).list.map(({ state }) => state)).toEqual(
      Array.from({ length: 4 }, () => 'paused'),
    )
    await bench.engine.call('studies.resume', { studyId })
    const { job } = await bench.trainer(0)
    expect('config' in job && job.config.seed).toBe(3)
    expect(await queue()).toEqual([2, 0, 1])
    await bench.engine.call('studies.cancel', { studyId })
  })
})

describe('a file that a run names', () => {
  const fromFile = (): { file: string; config: PartialExperimentConfig } => {
    const file = join(bench.folder, 'teacher.pt')
    writeFileSync(file, 'first')
    return { file, config: { ...plain, teacher: { source: 'file', file } } }
  }

  it('ends the run where it holds something else by now, and lets it go on when it is put back', async () => {
    const { file, config } = fromFile()
    const run = await bench.start(config)
    await bench.trainer(0)
    writeFileSync(file, 'second')
    finishStage(await bench.trainer(0))
    await reaches(run.id, 'failed')
    expect((await get(run.id)).error?.[0]).toMatchObject({
      message: 'A file or folder that this run reads has changed since the run was made.',
      where: file,
    })
    expect((await bench.start(config)).stages[1]?.key).not.toBe((await stageOf(run.id, 'teacher')).key)
    writeFileSync(file, 'first')
    await bench.engine.call('runs.resume', { runId: run.id })
    await bench.waitFor(() => expect(kinds()).toContain('evaluate'))
  })

  it('may be a folder: unpacked again it is the same, and where it is gone the run says so', async () => {
    const folder = join(bench.folder, 'cifar')
    const unpack = (seconds: number): void => {
      mkdirSync(folder, { recursive: true })
      writeFileSync(join(folder, 'batch.bin'), 'images')
      utimesSync(join(folder, 'batch.bin'), seconds, seconds)
    }
    unpack(1000)
    const run = await bench.start({ ...plain, data: { id: 'cifar10', params: { path: folder } } })
    const data = await bench.trainer(0)
    unpack(2000)
    finishStage(data)
    const teacher = await bench.trainer(1)
    rmSync(folder, { recursive: true })
    finishStage(teacher)
    await reaches(run.id, 'failed')
    expect((await get(run.id)).error?.[0]).toMatchObject({
      message: 'A file or folder that this run reads is gone.',
      got: 'nothing at its path',
      where: folder,
    })
  })

  it('may change when it was read: later stages take the copy, and keys stay, also after a restart', async () => {
    const { file, config } = fromFile()
    const run = await bench.start(config)
    for (const index of [0, 1]) finishStage(await bench.trainer(index))
    await bench.trainer(2)
    const key = (await stageOf(run.id, 'student-1')).key
    await bench.close()
    writeFileSync(file, 'second')
    bench.open()
    await bench.engine.call('runs.resume', { runId: run.id })
    ;(await bench.trainer(0)).report({ type: 'ready', device: fakeDevice })
    await new Promise((resolve) => setTimeout(resolve, 50))
    expect((await stageOf(run.id, 'student-1')).key).toBe(key)
    ;(await bench.trainer(0)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    await bench.waitFor(async () => expect((await stageOf(run.id, 'student-1')).keyDevice).toBe('gpu'))
    expect((await stageOf(run.id, 'student-1')).key).not.toBe(key)
    expect((await stageOf(run.id, 'teacher')).keyDevice).toBe('cpu')
  })
})

describe('a device that nobody expected', () => {
  it('makes other stages of those that it computes', async () => {
    const run = await bench.start(plain)
    finishStage(await bench.trainer(0))
    const before = await stageOf(run.id, 'teacher')
    ;(await bench.trainer(1)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    await bench.waitFor(async () => expect((await stageOf(run.id, 'teacher')).key).not.toBe(before.key))
    expect(await stageOf(run.id, 'teacher')).toMatchObject({ place: before.place, keyDevice: 'gpu' })
    expect((await bench.engine.call('experiment.estimate', { config: plain })).reused).toBeUndefined()
  })

  it('offers its teachers to runs of another one, which take them only when they are told to', async () => {
    const first = await bench.start(plain)
    finishStage(await bench.trainer(0))
    ;(await bench.trainer(1)).report({ type: 'ready', device: { ...fakeDevice, kind: 'gpu' } })
    for (const index of [1, 2]) finishStage(await bench.trainer(index))
    await reaches(first.id, 'done')
    const config = { ...plain, execution: { device: 'cpu' } }
    expect(await bench.engine.call('experiment.estimate', { config })).toMatchObject({
      offered: { runId: first.id, seconds: 60, device: 'gpu' },
    })
    const second = await bench.engine.call('runs.start', { config, takeTeacher: true })
    finishStage(await bench.trainer(3))
    await reaches(second.id, 'done')
    expect(kinds().slice(3)).toEqual(['student'])
    expect((await stageOf(second.id, 'teacher')).origin?.runId).toBe(first.id)
    expect((await stageOf(second.id, 'student-1')).key).not.toBe((await stageOf(first.id, 'student-1')).key)
    const third = await bench.start(config)
    expect((await bench.trainer(4)).job.kind).toBe('teacher')
    await bench.engine.call('runs.stop', { runId: third.id })
    await expect(
      bench.engine.call('runs.start', { config: { ...config, seed: 9 }, takeTeacher: true }),
    ).rejects.toThrow('no teacher of this experiment from another device')
  })
})
