import { mkdtempSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { float32Tensor } from '../../../src/main/engine/weights/weightMap'
import { runStage } from '../../../src/main/engine/trainer/loop'
import type { LoopOptions, StageWork } from '../../../src/main/engine/trainer/loop'
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

async function reportsOf(work: StageWork): Promise<TrainerReport[]> {
  const reports: TrainerReport[] = []
  await runStage(work, {
    folder: mkdtempSync(join(tmpdir(), 'abd-loop-')),
    resume: false,
    checkpointEverySeconds: 1e9,
    report: (report) => {
      reports.push(report)
    },
    request: () => 'go',
  })
  return reports
}

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
    await runStage(work, options([], {}))
    expect(heard.length).toBeGreaterThan(20)
  })

  it('is given up for a stop and leaves the state of the last checkpoint', async () => {
    const reports: TrainerReport[] = []
    const { work, inner } = longWork()
    const finished = await runStage(
      work,
      options(reports, { checkpointEverySeconds: 0, request: () => (inner() >= 25 ? 'stop' : 'go') }),
    )
    expect(finished).toEqual({ type: 'finished', outcome: 'stopped', step: 2, evaluation, weights: null })
    expect(inner()).toBe(20)
    expect(reports.filter((report) => report.type === 'progress').at(-1)).toMatchObject({ step: 2, totalSteps: 3 })
  })

  it('is begun anew on resuming', async () => {
    const first = longWork()
    const settings = options([], { checkpointEverySeconds: 0, request: () => (first.inner() >= 13 ? 'pause' : 'go') })
    expect(await runStage(first.work, settings)).toMatchObject({ outcome: 'paused', step: 1 })
    const second = longWork()
    expect(await runStage(second.work, { ...settings, resume: true, request: () => 'go' })).toMatchObject({
      outcome: 'done',
      step: 3,
    })
    expect(second.inner()).toBe(30)
  })

  it('leaves nothing behind when it is the first and there is no checkpoint', async () => {
    const { work, inner } = longWork({
      writeWeights: () => Promise.reject(new Error('the state is in the middle of a step')),
    })
    const settings = options([], { request: () => (inner() >= 4 ? 'stop' : 'go') })
    expect(await runStage(work, settings)).toEqual({
      type: 'finished',
      outcome: 'stopped',
      step: 0,
      evaluation: null,
      weights: null,
    })
    expect(readdirSync(settings.folder)).toEqual([])
  })

  it('ends where it ends within the patience, with a checkpoint of its own', async () => {
    const { work, inner } = longWork()
    expect(
      await runStage(
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
    await runStage(
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
