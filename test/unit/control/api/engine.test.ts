import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createEngine, type Engine, type EngineOptions } from '../../../../src/main/engine/control/api/engine'
import { createEngineLog } from '../../../../src/main/engine/control/log'
import { databaseName, openStore, type RunStore } from '../../../../src/main/engine/control/store'
import type { EngineEvents } from '../../../../src/shared/contract'
import { fakeCatalogue, fakeFamilies } from '../../../fakes/catalogue'
import { fakeDevice } from '../../../fakes/device'
import { createHandTrainers, type HandTrainer, type HandTrainers } from '../../../fakes/handTrainers'
import { createFakeData, fakeCosts, inspectFakeModel } from '../../../fakes/services'

/** A busy machine takes its time. */
const waitFor = <Result>(check: () => Result | Promise<Result>): Promise<Result> =>
  vi.waitFor(check, { timeout: 15_000 })

let folder = ''
let store: RunStore
let engine: Engine
let trainers: HandTrainers

function open(change: Partial<EngineOptions> = {}): Engine {
  store = openStore(folder)
  engine = createEngine({
    version: '0',
    store,
    cacheFolder: join(folder, 'cache'),
    readOnly: false,
    families: fakeFamilies,
    presets: fakeCatalogue.presets,
    costs: fakeCosts,
    data: createFakeData(),
    executors: new Map([['local', trainers.executor]]),
    launchShortJob: trainers.launch,
    log: createEngineLog(null),
    inspectModel: inspectFakeModel,
    runtimeState: () => ({ ready: true, message: null }),
    ...change,
  })
  return engine
}
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'abd-engine-'))
  trainers = createHandTrainers()
})
afterEach(async () => {
  for (const trainer of trainers.started) if (!trainer.killed) trainer.exit(0)
  await engine.close()
  rmSync(folder, { recursive: true, force: true })
})

const trainer = async (index: number): Promise<HandTrainer> => {
  await waitFor(() => expect(trainers.started.length).toBeGreaterThan(index))
  return trainers.started[index] as HandTrainer
}
const finish = (hand: HandTrainer): void => {
  hand.report({
    type: 'finished',
    outcome: 'done',
    step: 1,
    evaluation: null,
    weights: hand.job.kind === 'teacher' ? '/w' : null,
  })
  hand.exit(0)
}
const stateOf = async (runId: string) => (await engine.call('runs.get', { runId })).state

describe('a clock that is set back', () => {
  it('changes neither the order in which runs were made nor that of the queue', async () => {
    open()
    const now = Date.now()
    const clock = vi.spyOn(Date, 'now')
    const made: string[] = []
    for (const hours of [0, -5, -5, -4]) {
      clock.mockReturnValue(now + hours * 3_600_000)
      made.push((await engine.call('runs.start', { config: {} })).id)
    }
    clock.mockRestore()
    const listed = (await engine.call('runs.list', {})).map(({ id }) => id)
    expect(listed).toEqual([...made].reverse())
    const { order } = await engine.call('runs.reorder', { runIds: [] })
    expect(order).toEqual(made.slice(-order.length))
  })
})

describe('a run', () => {
  it('does not begin with a teacher file that is refused, in the words of the import', async () => {
    open()
    const file = join(folder, 'program.exe')
    writeFileSync(file, 'x')
    const { reason } = await engine.call('model.inspect', { file })
    await expect(engine.call('runs.start', { config: { teacher: { source: 'file', file } } })).rejects.toMatchObject({
      name: 'RefusedInputError',
      message: reason,
      where: file,
    })
    expect(trainers.started).toEqual([])
  })

  it('starts although its copy beside its files cannot be written', async () => {
    open()
    vi.spyOn(store, 'mirror').mockRejectedValue(new Error('ENOSPC'))
    const { id } = await engine.call('runs.start', { config: {} })
    await trainer(0)
    expect(await stateOf(id)).toBe('running')
    vi.restoreAllMocks()
  })

  it('whose findings no longer fit on the disk fails with that sentence, and keeps what was written', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: {} })
    finish(await trainer(0))
    const teacher = await trainer(1)
    teacher.report({ type: 'progress', step: 1, totalSteps: 10, seconds: 1, secondsLeft: 9 })
    teacher.report({ type: 'metrics', points: [{ name: 'loss', step: 1, value: 1 }] })
    await waitFor(async () =>
      expect((await engine.call('runs.metrics', { runId: id, stageId: 'teacher' })).series.loss?.steps).toHaveLength(1),
    )
    vi.spyOn(store.metrics, 'flush').mockImplementation(() => {
      throw Object.assign(new Error('database or disk is full'), { code: 'SQLITE_FULL' })
    })
    await waitFor(() => expect(teacher.killed).toBe(true))
    await waitFor(async () => expect(await stateOf(id)).toBe('failed'))
    expect((await engine.call('runs.get', { runId: id })).error?.[0]).toMatchObject({
      message: 'The disk is full.',
      forUser: true,
    })
    vi.restoreAllMocks()
    expect((await engine.call('runs.metrics', { runId: id, stageId: 'teacher' })).series.loss?.values[0]).toBe(1)
  })

  it('tells the device, warnings once, and progress', async () => {
    open()
    const seen: EngineEvents['run.changed'][] = []
    engine.subscribe('run.changed', {}, (event) => seen.push(event))
    const { id } = await engine.call('runs.start', { config: {} })
    const data = await trainer(0)
    data.report({ type: 'ready', device: fakeDevice })
    data.report({ type: 'warning', message: 'a sentence' })
    data.report({ type: 'warning', message: 'a sentence' })
    data.report({ type: 'progress', step: 3, totalSteps: 6, seconds: 2, secondsLeft: 2 })
    await waitFor(() => expect(seen.at(-1)?.run.stages[0]?.step).toBe(3))
    const detail = await engine.call('runs.get', { runId: id })
    expect(detail.stages[0]).toMatchObject({ warnings: ['a sentence'], step: 3, totalSteps: 6, seconds: 2 })
    expect([detail.device, detail.seconds]).toEqual([fakeDevice, 2])
    expect((await engine.call('runs.log', { runId: id })).map((line) => line.message)).toContain(
      'Data and attack: a sentence',
    )
  })

  it('tells what a stage does before its first step and inside one, as long as it does', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: {} })
    const data = await trainer(0)
    const activity = async () => (await engine.call('runs.get', { runId: id })).stages[0]?.activity
    data.report({ type: 'preparing', activity: { message: 'Reading data_batch_3', fraction: 0.4 } })
    expect(await activity()).toEqual({ message: 'Reading data_batch_3', fraction: 0.4 })
    data.report({
      type: 'progress',
      step: 1,
      totalSteps: 6,
      seconds: 2,
      secondsLeft: 2,
      activity: { message: 'Synthesis 80 of 200', fraction: 0.4 },
    })
    expect(await activity()).toEqual({ message: 'Synthesis 80 of 200', fraction: 0.4 })
    data.report({ type: 'progress', step: 2, totalSteps: 6, seconds: 3, secondsLeft: 1 })
    expect(await activity()).toBeUndefined()
  })

  it('keeps an image grid of what each call gives to the pool, and makes those after the checkpoint again when it goes on', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: { students: [{ defenses: [] }] } })
    finish(await trainer(0))
    finish(await trainer(1))
    const student = await trainer(2)
    const tell = (hand: HandTrainer, call: number, keptStep: number): void =>
      hand.report({
        type: 'pool',
        images: {
          call,
          keptStep,
          steps: 9,
          loss: 1,
          poolImages: 2 * call,
          count: 2,
          height: 2,
          width: 2,
          channels: 1,
          pixels: new Uint8Array(8).fill(call),
        },
      })
    const kept = async () =>
      (await engine.call('runs.pool', { runId: id, stageId: 'student-1' })).calls.map(({ call, keptStep }) => [
        call,
        keptStep,
      ])
    student.report({ type: 'progress', step: 0, totalSteps: 5, seconds: 0, secondsLeft: null })
    student.report({
      type: 'metrics',
      points: [1, 2, 3].map((step) => ({ name: 'loss', step, value: step })),
    })
    for (const call of [1, 2, 3]) tell(student, call, 5)
    await waitFor(async () =>
      expect(await kept()).toEqual([
        [1, 5],
        [2, 5],
        [3, 5],
      ]),
    )
    expect((await engine.call('runs.poolImages', { runId: id, stageId: 'student-1', call: 2 })).pixels).toEqual(
      new Uint8Array(8).fill(2),
    )
    student.report({ type: 'finished', outcome: 'paused', step: 1, evaluation: null, weights: null })
    student.exit(0)
    await waitFor(async () => expect(await stateOf(id)).toBe('paused'))
    // What the model has not learnt is not shown, whether or not it goes on.
    expect(await kept()).toEqual([[1, 5]])
    expect([
      ...((await engine.call('runs.metrics', { runId: id, stageId: 'student-1' })).series.loss?.steps ?? []),
    ]).toEqual([1])
    await engine.call('runs.resume', { runId: id })
    const resumed = await trainer(3)
    resumed.report({ type: 'progress', step: 1, totalSteps: 5, seconds: 0, secondsLeft: null })
    tell(resumed, 2, 7)
    await waitFor(async () =>
      expect(await kept()).toEqual([
        [1, 5],
        [2, 7],
      ]),
    )
  })

  it('says before the start that a GPU is asked for where none works, with the reason', async () => {
    open()
    const config = { execution: { device: 'gpu' } }
    const asked = engine.call('experiment.validate', { config })
    const probe = await trainer(0)
    probe.report({ type: 'ready', device: { ...fakeDevice, reason: 'The driver is too old.' } })
    finish(probe)
    const { issues } = await asked
    expect(issues).toEqual([
      {
        path: 'execution.device',
        severity: 'error',
        message:
          'wanted a GPU that works, got Fake processor, 2 threads: The driver is too old; choose Automatic or CPU, or see Settings, Device',
      },
    ])
    await expect(engine.call('runs.start', { config })).rejects.toThrow('wanted a GPU that works')
    expect((await engine.call('experiment.validate', { config: { execution: { device: 'auto' } } })).issues).toEqual([])
  })

  it('tells that a run without a checkpoint starts again, and says so in its log', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: {} })
    finish(await trainer(0))
    const teacher = await trainer(1)
    teacher.report({ type: 'failed', causes: [{ name: 'Error', message: 'no', forUser: true }] })
    teacher.exit(1)
    await waitFor(async () => expect(await stateOf(id)).toBe('failed'))
    expect(await engine.call('runs.resumePoint', { runId: id })).toMatchObject({
      fresh: true,
      next: { stageId: 'teacher', step: 0 },
    })
    const place = (await engine.call('runs.get', { runId: id })).stages.find(({ kind }) => kind === 'teacher')?.place
    const checkpoint = join(folder, place ?? '', 'checkpoint-000000007.safetensors')
    writeFileSync(checkpoint, '')
    expect(await engine.call('runs.resumePoint', { runId: id })).toMatchObject({ fresh: false, next: { step: 7 } })
    rmSync(checkpoint)
    await engine.call('runs.resume', { runId: id })
    expect((await engine.call('runs.log', { runId: id })).map(({ message }) => message)).toContain(
      'Starts again from the beginning: no checkpoint is there to go on from.',
    )
    await trainer(2)
  })

  it('keeps the artifact that a stage reports last, and goes back with it to a checkpoint', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: {} })
    const data = await trainer(0)
    const found = (step: number): void =>
      data.report({
        type: 'artifact',
        analysis: 'classes',
        step,
        artifact: { images: [step], confusion: [[step]], accuracy: [1] },
      })
    found(1)
    found(2)
    const newest = async () => (await engine.call('runs.artifacts', { runId: id, analysis: 'classes' })).artifacts
    expect(await newest()).toEqual([
      {
        stageId: 'data',
        analysis: 'classes',
        step: 2,
        artifact: { images: [2], confusion: [[2]], accuracy: [1] },
        line: null,
        fault: null,
      },
    ])
    expect((await engine.call('runs.get', { runId: id })).stages[0]?.artifacts).toEqual({ classes: 2 })
    const earlier = { runId: id, analysis: 'classes', notAfter: 1 }
    expect((await engine.call('runs.artifacts', earlier)).artifacts).toMatchObject([{ step: 1 }])
    expect((await engine.call('runs.artifacts', { runId: id, stageId: 'teacher' })).artifacts).toEqual([])
    data.report({ type: 'finished', outcome: 'paused', step: 1, evaluation: null, weights: null })
    expect(await newest()).toMatchObject([{ step: 1 }])
    expect((await engine.call('runs.get', { runId: id })).stages[0]?.artifacts).toEqual({ classes: 1 })
  })

  it('tells of an artifact that does not fit its analysis, or whose analysis is gone, instead of showing it', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: {} })
    const data = await trainer(0)
    for (const analysis of ['classes', 'gone'])
      data.report({ type: 'artifact', analysis, step: 1, artifact: { images: 'many' } })
    const { artifacts } = await engine.call('runs.artifacts', { runId: id })
    expect(artifacts.map(({ analysis, artifact, fault }) => [analysis, artifact, fault])).toEqual([
      ['classes', null, 'The record of this analysis is damaged, or of another form.'],
      ['gone', null, 'This version knows no analysis called “gone”.'],
    ])
  })

  it('is ended at once by a second stop', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: {} })
    const data = await trainer(0)
    await engine.call('runs.stop', { runId: id })
    expect(data.requests).toEqual(['stop'])
    expect(data.killed).toBe(false)
    await engine.call('runs.stop', { runId: id })
    expect(data.killed).toBe(true)
    await waitFor(async () => expect(await stateOf(id)).toBe('stopped'))
  })

  it('keeps the picture that its method is made from: resumed, it goes on with the same one', async () => {
    open()
    const picture = join(folder, 'cat.png')
    writeFileSync(picture, 'a cat')
    const { id } = await engine.call('runs.start', {
      config: { distillation: { method: { id: 'ood', params: { picture } } }, students: [{ defenses: [] }] },
    })
    const pictureOf = ({ job }: HandTrainer): string =>
      'config' in job ? readFileSync(String(job.config.distillation.method.params.picture), 'utf8') : ''
    expect(pictureOf(await trainer(0))).toBe('a cat')
    finish(await trainer(0))
    finish(await trainer(1))
    const student = await trainer(2)
    student.report({ type: 'finished', outcome: 'paused', step: 1, evaluation: null, weights: null })
    student.exit(0)
    await waitFor(async () => expect(await stateOf(id)).toBe('paused'))
    writeFileSync(picture, 'a dog')
    await engine.call('runs.resume', { runId: id })
    expect(pictureOf(await trainer(3))).toBe('a cat')
    expect((await engine.call('runs.get', { runId: id })).config.distillation.method.params.picture).toBe(picture)
  })

  it('is not made of a picture that is not there', async () => {
    open()
    const config = { distillation: { method: { id: 'ood', params: { picture: join(folder, 'absent.png') } } } }
    await expect(engine.call('runs.start', { config })).rejects.toThrow(
      'distillation.method.params.picture wanted a readable file, got nothing at that path',
    )
  })

  it('can be renamed, noted, tagged, cloned, deleted and restored; the bin is emptied with its files', async () => {
    open()
    const { id } = await engine.call('runs.start', { config: { name: 'first' } })
    await expect(engine.call('runs.delete', { runIds: [id] })).rejects.toThrow('cannot be deleted now')
    ;(await trainer(0)).report({
      type: 'failed',
      causes: [{ name: 'UserError', message: 'no', forUser: true }],
    })
    ;(await trainer(0)).exit(1)
    await waitFor(async () => expect(await stateOf(id)).toBe('failed'))
    await engine.call('runs.rename', { runId: id, name: 'second' })
    await engine.call('runs.note', { runId: id, note: 'a note' })
    await engine.call('runs.tag', { runId: id, tags: ['x', 'x', 'y'] })
    const detail = await engine.call('runs.get', { runId: id })
    expect([detail.name, detail.config.name, detail.note, detail.tags, detail.changedPaths]).toEqual([
      'second',
      'second',
      'a note',
      ['x', 'y'],
      ['name'],
    ])
    expect((await engine.call('runs.clone', { runId: id })).config.name).toBe('second (copy)')
    await engine.call('runs.delete', { runIds: [id] })
    expect(await engine.call('runs.list', {})).toEqual([])
    expect(await engine.call('runs.list', { includeDeleted: true })).toHaveLength(1)
    expect((await engine.call('runs.binned', {})).map((run) => run.id)).toEqual([id])
    await engine.call('runs.undelete', { runIds: [id] })
    expect(await engine.call('runs.binned', {})).toEqual([])
    expect(await engine.call('runs.list', {})).toHaveLength(1)
    await engine.call('runs.delete', { runIds: [id] })
    await engine.call('runs.emptyBin', {})
    await expect(engine.call('runs.get', { runId: id })).rejects.toThrow('There is no run')
  })

  it('is not made while the runtime is missing', async () => {
    open({ runtimeState: () => ({ ready: false, message: 'nothing there' }) })
    await expect(engine.call('runs.start', { config: {} })).rejects.toThrow('TensorFlow is not set up.')
    expect(await engine.call('runs.list', {})).toEqual([])
  })
})

describe('validation', () => {
  it('refuses beforehand what the images of the data set do not allow', async () => {
    const asked: unknown[] = []
    open({
      costs: {
        ...fakeCosts,
        faults: (method, data) => {
          asked.push(method.id, data.id)
          return [{ parameter: 'pseudoBatches', wanted: 'other images', got: 'these' }]
        },
        refusal: () => 'wanted another network',
      },
    })
    const { issues, config } = await engine.call('experiment.validate', { config: {} })
    expect(issues.filter(({ severity }) => severity === 'error').map(({ path, message }) => [path, message])).toEqual([
      ['teacher.architecture.params', 'wanted another network'],
      ['distillation.architecture.params', 'wanted another network'],
      ['distillation.method.params.pseudoBatches', 'wanted other images, got these'],
    ])
    expect(asked).toEqual([config.distillation.method.id, config.data.id])
    await expect(engine.call('runs.start', { config: {} })).rejects.toThrow()
  })
})

describe('settings', () => {
  it('are the defaults of what is kept, over restarts', async () => {
    open()
    await engine.call('engine.setSettings', { keptSteps: 50 })
    expect((await engine.call('experiment.validate', { config: {} })).config.recording.keptSteps).toBe(50)
    expect(
      (await engine.call('experiment.validate', { config: { recording: { keptSteps: 7 } } })).config.recording
        .keptSteps,
    ).toBe(7)
    await engine.close()
    open()
    expect((await engine.call('engine.settings', {})).keptSteps).toBe(50)
    await expect(engine.call('engine.setSettings', { keptSteps: 0 })).rejects.toThrow('not accepted')
  })
})

describe('a damaged database', () => {
  it('is told to whoever listens', async () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, databaseName), 'no database at all '.repeat(500))
    open()
    const notices: string[] = []
    engine.subscribe('engine.notice', {}, (event) => notices.push(event.title))
    await waitFor(() => expect(notices).toEqual(['The workspace’s database was damaged.']))
    expect(await engine.call('runs.list', {})).toEqual([])
  })
})

describe('short jobs', () => {
  it('give the device, and say when their process dies', async () => {
    open()
    const asked = engine.call('engine.device', {})
    const hand = await trainer(0)
    hand.report({ type: 'ready', device: fakeDevice })
    finish(hand)
    expect(await asked).toEqual(fakeDevice)
    expect(await engine.call('engine.device', {})).toEqual(fakeDevice)
    const again = engine.call('engine.device', { fresh: true })
    const failure = expect(again).rejects.toMatchObject({
      message: 'The process that runs TensorFlow ended unexpectedly.',
      got: 'SIGSEGV: last words',
    })
    ;(await trainer(1)).exit(null, 'SIGSEGV', 'first\nlast words')
    await failure
  })

  it('find out a GPU’s TF32 in a process of its own, and one probe answers all who ask meanwhile', async () => {
    open()
    const gpu = { ...fakeDevice, kind: 'gpu' as const }
    const asked = [1, 2].map(() => engine.call('engine.device', {}, new AbortController().signal))
    const found = (milliseconds: object) => ({ ...gpu, precisionSpeed: { milliseconds } })
    for (const [index, milliseconds] of [
      { float32: 2, mixed: 1 },
      { tf32: 1.5, mixed: 1 },
    ].entries()) {
      const hand = await trainer(index)
      expect(hand.job).toMatchObject({ kind: 'device', execution: { precision: index === 0 ? 'float32' : 'tf32' } })
      hand.report({ type: 'ready', device: found(milliseconds) })
      finish(hand)
    }
    const whole = found({ float32: 2, mixed: 1, tf32: 1.5 })
    expect(await Promise.all(asked)).toEqual([whole, whole])
  })

  it('end with the call that is cancelled', async () => {
    open()
    const controller = new AbortController()
    const asked = engine.call('engine.device', {}, controller.signal)
    const failure = expect(asked).rejects.toThrow('enough')
    const hand = await trainer(0)
    controller.abort(new Error('enough'))
    expect(hand.killed).toBe(true)
    await failure
  })
})
