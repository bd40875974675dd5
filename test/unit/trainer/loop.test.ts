import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { float32Tensor } from '../../../src/main/engine/weights/weightMap'
import {
  beginStage,
  evaluateModel,
  finishStage,
  runTrainingLoop,
  saveCheckpoint,
  takeStep,
  type LoopOptions,
} from '../../../src/main/engine/trainer/loop'
import { DivergedError, MissingStartError } from '../../../src/main/engine/trainer/stageErrors'
import type { StageWork } from '../../../src/main/engine/trainer/stageWork'
import type { TrainerReport } from '../../../src/main/engine/protocol/messages'

const evaluation = { accuracy: 0.5, asr: null, asrAll: null, robustAccuracy: null, images: 10, nonTarget: 0 }
const workOf = (changes: Partial<StageWork>): StageWork => ({
  totalSteps: 5,
  imagesPerStep: 1,
  measureEvery: 4,
  state: {
    snapshot: () => ({ tensors: new Map([['a/b', float32Tensor([1], new Float32Array(1))]]), plain: {}, streams: [] }),
    restore: () => undefined,
  } as unknown as StageWork['state'],
  program: { readState: () => undefined, writeState: () => undefined } as StageWork['program'],
  step: () => ({}),
  evaluateAfter: () => false,
  evaluate: () => evaluation,
  writeWeights: () => Promise.resolve(null),
  dispose: () => undefined,
  ...changes,
})

async function reportsOf(work: StageWork, options: Partial<LoopOptions> = {}): Promise<TrainerReport[]> {
  const reports: TrainerReport[] = []
  await runTrainingLoop(work, {
    folder: mkdtempSync(join(tmpdir(), 'abd-loop-')),
    resume: false,
    checkpointEverySeconds: 1e9,
    report: (report) => {
      reports.push(report)
    },
    request: () => 'go',
    ...options,
  })
  return reports
}

it('tells what the machine is doing after the steps at which that is due, and changes nothing else', async () => {
  const told = await reportsOf(workOf({}), {
    system: {
      due: (() => {
        let looks = 0
        return () => ++looks % 2 === 0
      })(),
      read: (step) => [{ name: 'processCpu', step, value: 1.5 }],
    },
  })
  const isSystem = (report: TrainerReport): boolean =>
    report.type === 'metrics' && report.points.some(({ name }) => name === 'processCpu')
  expect(told.filter(isSystem)).toEqual(
    [2, 4].map((step) => ({ type: 'metrics', points: [{ name: 'processCpu', step, value: 1.5 }] })),
  )
  const types = (reports: TrainerReport[]): string[] =>
    reports.filter((report) => !isSystem(report) && report.type !== 'progress').map(({ type }) => type)
  expect(types(told)).toEqual(types(await reportsOf(workOf({}))))
})

it('records what an unmeasured step brings, and what the work says beside metrics', async () => {
  const said: TrainerReport[][] = [[], [], [{ type: 'warning', message: 'off' }], [], []]
  const reports = await reportsOf(
    workOf({
      step: (index, measure) => ({
        ...(measure ? { 'sv.coefficient': 0 } : {}),
        ...(index === 2 ? { 'sv.tailRatio': 0.03 } : {}),
      }),
      remarks: () => (said.shift() ?? []) as never,
    }),
  )
  const points = reports
    .flatMap((report) => (report.type === 'metrics' ? report.points : []))
    .filter(({ name }) => name.startsWith('sv'))
  expect(points).toEqual([
    { name: 'sv.coefficient', step: 1, value: 0 },
    { name: 'sv.tailRatio', step: 3, value: 0.03 },
    { name: 'sv.coefficient', step: 5, value: 0 },
  ])
  expect(reports.filter(({ type }) => type === 'warning')).toEqual([{ type: 'warning', message: 'off' }])
})

const optionsOf = (reports: TrainerReport[], change: Partial<LoopOptions> = {}): LoopOptions => ({
  folder: mkdtempSync(join(tmpdir(), 'abd-loop-')),
  resume: false,
  checkpointEverySeconds: 1e9,
  report: (report) => {
    reports.push(report)
  },
  request: () => 'go',
  ...change,
})

describe('a number that is not finite', () => {
  it.each([
    [NaN, 'not a number'],
    [Infinity, 'infinite'],
    [-Infinity, 'infinite'],
  ])('%s ends the stage after it was reported, whatever the metric', async (value, what) => {
    for (const name of ['loss', 'trainAccuracy', 'learningRate'] as const) {
      const reports: TrainerReport[] = []
      const work = workOf({ step: (index) => (index === 2 ? { [name]: value } : {}) })
      const run = runTrainingLoop(work, optionsOf(reports))
      await expect(run).rejects.toThrow(DivergedError)
      await expect(run).rejects.toMatchObject({
        message: `Training diverged: ${name} is ${what}.`,
        metric: name,
        step: 3,
        got: String(value),
      })
      expect(reports).toContainEqual({ type: 'metrics', points: [{ name, step: 3, value }] })
    }
  })

  it('is looked for in every step, measured or not, and the largest of float32 is finite', async () => {
    const work = workOf({ step: () => ({ loss: 3.4e38, klLoss: -3.4e38 }) })
    expect(await runTrainingLoop(work, optionsOf([]))).toMatchObject({ outcome: 'done', step: 5 })
  })
})

describe('the parts of a stage', () => {
  const kinds = (reports: readonly TrainerReport[]): string[] => reports.map(({ type }) => type)

  it('a step reports what was said, numbers, images and the evaluation, in this order', async () => {
    const reports: TrainerReport[] = []
    const said = [{ type: 'warning' as const, message: 'careful' }]
    const loop = await beginStage(
      workOf({
        remarks: () => said.splice(0),
        imagesAfter: () => true,
        images: (step) => ({ step }) as never,
        evaluateAfter: () => true,
        step: () => ({ loss: 1 }),
      }),
      optionsOf(reports, { checkpointEverySeconds: 0 }),
    )
    await takeStep(loop)
    expect(kinds(reports)).toEqual(
      ['warning', 'metrics', 'images', 'metrics', 'evaluation', 'checkpoint', 'timings', 'progress'], // prettier-ignore
    )
    expect(loop.state).toMatchObject({ stepsDone: 1, checkpointAt: 1, evaluatedAt: 1, evaluation })
  })

  it('are done once after a step: its checkpoint and its evaluation', async () => {
    const reports: TrainerReport[] = []
    const loop = await beginStage(workOf({}), optionsOf(reports))
    await takeStep(loop)
    reports.length = 0
    for (let time = 0; time < 2; time++) {
      await saveCheckpoint(loop)
      evaluateModel(loop)
    }
    expect(kinds(reports)).toEqual(['checkpoint', 'timings', 'metrics', 'evaluation'])
    expect(await finishStage(loop, 'paused')).toMatchObject({ outcome: 'paused', step: 1, evaluation })
    expect(kinds(reports).slice(4)).toEqual(['progress', 'timings'])
  })

  it('a stage goes on at its newest checkpoint, with the seconds until then', async () => {
    const first = await beginStage(workOf({}), optionsOf([]))
    await takeStep(first)
    first.state.secondsBefore += 100
    await saveCheckpoint(first)
    const second = await beginStage(workOf({}), optionsOf([], { resume: true, folder: first.options.folder }))
    expect(second).toMatchObject({ firstStep: 1, state: { stepsDone: 1, checkpointAt: 1, evaluatedAt: null } })
    expect(second.seconds()).toBeGreaterThanOrEqual(100)
  })

  it('a measured step tells how long the stage has worked, earlier processes included', async () => {
    const reports: TrainerReport[] = []
    const loop = await beginStage(workOf({}), optionsOf(reports))
    loop.state.secondsBefore = 100
    await takeStep(loop)
    const points = reports.flatMap((report) => (report.type === 'metrics' ? report.points : []))
    expect(points.find(({ name }) => name === 'elapsed')?.value).toBeGreaterThanOrEqual(100)
  })

  it('a named start that is not there is refused, another is done again', async () => {
    const startFrom = { folder: '/nowhere', step: 3 }
    expect((await beginStage(workOf({}), optionsOf([], { startFrom }))).firstStep).toBe(0)
    const named = { ...startFrom, named: 'run/student-1@3' }
    await expect(beginStage(workOf({}), optionsOf([], { startFrom: named }))).rejects.toThrow(MissingStartError)
  })
})

describe('a step that takes long', () => {
  const folder = (): string => mkdtempSync(join(tmpdir(), 'abd-loop-'))
  /** Counts inner steps in its state; each step is ten of them. */
  const longWork = (changes: Partial<StageWork> = {}): { work: StageWork; inner: () => number } => {
    let inner = 0
    const work = workOf({
      totalSteps: 3,
      state: {
        snapshot: () => ({
          tensors: new Map([['a/inner', float32Tensor([1], Float32Array.of(inner))]]),
          plain: {},
          streams: [],
        }),
        restore: ({ tensors }: { tensors: Map<string, { data: ArrayLike<number> }> }) => {
          inner = tensors.get('a/inner')?.data[0] ?? 0
        },
      } as unknown as StageWork['state'],
      step: async (_index, _measure, innerStep) => {
        for (let done = 1; done <= 10; done++) {
          inner += 1
          await innerStep?.('Synthesis', done, 10)
        }
        return {}
      },
      ...changes,
    })
    return { work, inner: () => inner }
  }
  const options = (reports: TrainerReport[], change: Partial<LoopOptions>): LoopOptions => ({
    folder: folder(),
    resume: false,
    checkpointEverySeconds: 1e9,
    report: (report) => {
      reports.push(report)
    },
    request: () => 'go',
    innerStep: { yieldEvery: 0, patience: 0 },
    ...change,
  })

  it('lets messages in between its inner steps', async () => {
    const { work, inner } = longWork()
    const heard: number[] = []
    // As a ping does: it comes with the event loop, whatever the step is at.
    const listen = (): void => {
      heard.push(inner())
      if (inner() < 30) setImmediate(listen)
    }
    setImmediate(listen)
    await runTrainingLoop(work, options([], {}))
    expect(heard.length).toBeGreaterThan(20)
  })

  it('is given up for a stop and leaves the state of the last checkpoint', async () => {
    const reports: TrainerReport[] = []
    const { work, inner } = longWork()
    const finished = await runTrainingLoop(
      work,
      options(reports, { checkpointEverySeconds: 0, request: () => (inner() >= 25 ? 'stop' : 'go') }),
    )
    expect(finished).toEqual({
      ...{ type: 'finished', outcome: 'stopped', step: 2, weights: null },
      evaluation: { ...evaluation, step: 2 },
    })
    expect(inner()).toBe(20)
    expect(reports.filter((report) => report.type === 'progress').at(-1)).toMatchObject({ step: 2, totalSteps: 3 })
  })

  it('is begun anew on resuming', async () => {
    const first = longWork()
    const settings = options([], { checkpointEverySeconds: 0, request: () => (first.inner() >= 13 ? 'pause' : 'go') })
    expect(await runTrainingLoop(first.work, settings)).toMatchObject({ outcome: 'paused', step: 1 })
    const second = longWork()
    expect(await runTrainingLoop(second.work, { ...settings, resume: true, request: () => 'go' })).toMatchObject({
      outcome: 'done',
      step: 3,
    })
    expect(second.inner()).toBe(30)
  })

  it('leaves nothing behind when it is the first and there is no checkpoint', async () => {
    const { work, inner } = longWork({
      writeWeights: () => Promise.reject(new Error('the state is in the middle of a step')),
    })
    const reports: TrainerReport[] = []
    const settings = options(reports, { request: () => (inner() >= 4 ? 'stop' : 'go') })
    expect(await runTrainingLoop(work, settings)).toEqual({
      type: 'finished',
      outcome: 'stopped',
      step: 0,
      evaluation: null,
      weights: null,
    })
    expect(readdirSync(settings.folder)).toEqual([])
    expect(reports.at(-1)?.type, 'where the time went').toBe('timings')
  })

  it('ends where it ends within the patience, with a checkpoint of its own', async () => {
    const { work, inner } = longWork()
    expect(
      await runTrainingLoop(
        work,
        options([], { innerStep: { yieldEvery: 0, patience: 1e9 }, request: () => (inner() >= 4 ? 'pause' : 'go') }),
      ),
    ).toMatchObject({ outcome: 'paused', step: 1 })
    expect(inner()).toBe(10)
  })

  it('tells how far it is, inside the step', async () => {
    const reports: TrainerReport[] = []
    let time = 0
    const { work } = longWork({ totalSteps: 1 })
    await runTrainingLoop(
      work,
      options(reports, {
        innerStep: {
          now: () => {
            time += 200
            return time
          },
        },
      }),
    )
    expect(reports).toContainEqual(
      expect.objectContaining({
        type: 'progress',
        step: 0,
        totalSteps: 1,
        activity: { message: expect.stringMatching(/^Synthesis \d+ of 10$/), fraction: expect.any(Number) },
      }),
    )
  })
})

describe('a pause that was planned', () => {
  const paused = async (options: Partial<LoopOptions>, work: Partial<StageWork> = {}) => {
    const reports: TrainerReport[] = []
    const given = optionsOf(reports, { pauseAt: 3, ...options })
    const finished = await runTrainingLoop(workOf(work), given)
    return { reports, finished, folder: given.folder }
  }

  it('evaluates after exactly so many steps, leaves a checkpoint, and does not go on by itself', async () => {
    const { reports, finished, folder } = await paused({})
    expect(finished).toMatchObject({ outcome: 'paused', step: 3, evaluation })
    expect(reports.filter(({ type }) => type === 'evaluation')).toEqual([
      { type: 'evaluation', step: 3, evaluation: { ...evaluation, step: 3 } },
    ])
    expect(readdirSync(folder)).toEqual(['checkpoint-000000003.safetensors'])
    const again = await paused({ folder, resume: true })
    expect(again.finished).toMatchObject({ outcome: 'paused', step: 3, evaluation })
    expect((await paused({ folder, resume: true, pauseAt: 4 })).finished).toMatchObject({ outcome: 'paused', step: 4 })
    expect((await paused({ folder, resume: true, pauseAt: undefined })).finished).toMatchObject({ outcome: 'done' })
  })

  it('beyond the end is the end', async () => {
    expect((await paused({ pauseAt: 5 })).finished).toMatchObject({ outcome: 'done', step: 5 })
  })
})

it('a checkpoint whose reports could not be brought to disk ends the stage, and is not there', async () => {
  const options = optionsOf([], { settle: () => Promise.reject(new Error('EIO')), pauseAt: 2 })
  await expect(runTrainingLoop(workOf({}), options)).rejects.toThrow('EIO')
  expect(readdirSync(options.folder)).toEqual([])
})
