/** What every distillation method with every defense promises: a tiny step gives finite losses, the same seed the same result, resume is exact, nothing leaks. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures } from '../../src/main/engine/architectures'
import { defenses } from '../../src/main/engine/defenses'
import { distillationMethods } from '../../src/main/engine/distillation'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { prepareStudentStage, prepareTeacherStage } from '../../src/main/engine/training/stages'
import type { StageWork } from '../../src/main/engine/training/loop'
import type { TrainerReport } from '../../src/main/engine/training/protocol'
import { StepInterrupted } from '../../src/main/engine/training/within'
import type { ExperimentConfig, StudentPlan } from '../../src/shared/domain'
import { defaultsOf } from '../../src/shared/schema'
import { runToEnd, temporaryFolder, tinyExperiment, tinyMethod, valuesOf } from './support'

let teacherWeights: string
const cache = temporaryFolder('cache')

const teacherStage = async (config: ExperimentConfig, folder: string): Promise<StageWork> =>
  (await prepareTeacherStage({ kind: 'teacher', stageId: 'teacher', config, folders: { stage: folder, cache }, resume: false }, () => undefined)).work
const studentStage = async (config: ExperimentConfig, folder: string): Promise<StageWork> =>
  (await prepareStudentStage({ kind: 'student', stageId: 'student-1', config, folders: { stage: folder, cache }, resume: false, studentIndex: 0, teacherWeights }, () => undefined)).work

beforeAll(async () => {
  await startTensorFlow()
  const folder = temporaryFolder('teacher')
  const work = await teacherStage(tinyExperiment(), folder)
  await runToEnd(work, folder)
  work.dispose()
  teacherWeights = `${folder}/weights.safetensors`
})

/** Tiny parameters of each method (ZSKT's where none are named), then sets that switch on its optional terms. */
const tinyInversion = { pseudoBatches: 4, synthesisSteps: 2, synthesisBatchSize: 8, studentSteps: 2, batchSize: 8, callsPerEpoch: 1 }
const tinyGenerator = { ...tinyInversion, latent: 10, generatorWidth: 4 }
const switches: Record<string, Record<string, unknown>[]> = {
  cmi: [{ ...tinyGenerator, headWidth: 8, bankSize: 12, negatives: 10 }],
  deepinversion: [{ ...tinyInversion, poolCapacity: 12, normWeight: 0.001 }],
  dafl: [tinyGenerator], dfq: [tinyGenerator], dfad: [tinyGenerator], zskt_inversion: [tinyGenerator],
  ood: [{ patches: 36, batchSize: 8, epochs: 1, milestones: [1] }],
  kd: [{ pseudoBatches: 4, batchSize: 8, percent: 0.2 }, { pseudoBatches: 4, batchSize: 8, percent: 0.05, referenceNormalization: true, momentum: 0, crop: false }],
  zskt: [tinyMethod, { ...tinyMethod, attention: 0, classConditional: true, replay: 0.5, shift: 2, light: 0.2, batchNormWeight: 1, oneHotWeight: 0.5, balanceWeight: 1 }],
}
/** The student's losses, whichever trainer reports them. */
const learningOf = (reports: readonly TrainerReport[]): number[] => [...valuesOf(reports, 'studentLoss'), ...valuesOf(reports, 'srOuterLoss')]
const tinyDefenses: Record<string, Record<string, unknown>> = { sr: { rounds: 2, iterations: 2 } }
const defensePlans: StudentPlan[] = [{ defenses: [] }, ...defenses.members.map((defense) => ({ defenses: [{ id: defense.id, params: tinyDefenses[defense.id] ?? {} }] }))]
/** One of each further source of images (pixels, a kept generator) with all defenses at once; the others differ from it in their weights alone. */
const allAtOnce = ['deepinversion', 'dafl']
const undefendedOnly = ['dfq', 'dfad', 'zskt_inversion']
function plansOf(id: string): StudentPlan[] {
  if (undefendedOnly.includes(id)) return defensePlans.slice(0, 1)
  return allAtOnce.includes(id) ? [{ defenses: [] }, { defenses: defensePlans.flatMap((plan) => plan.defenses) }] : defensePlans
}
const cases = distillationMethods.members.flatMap((method) => (switches[method.id] ?? [tinyMethod]).flatMap((params, index) => plansOf(method.id).map((plan) => ({
  name: `${method.id}${index > 0 ? ' with its optional terms' : ''}, defense ${plan.defenses.map(({ id }) => id).join('+') || 'none'}`,
  change: { students: [plan], distillation: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, method: { id: method.id, params } } },
}))))

describe.each(cases)('$name', ({ change }) => {
  it('takes finite steps, and the same seed gives the same student bit for bit, also when it is paused and resumed', async () => {
    const whole = temporaryFolder('whole')
    const uninterrupted = await studentStage(tinyExperiment(change), whole)
    const reports = await runToEnd(uninterrupted, whole)
    uninterrupted.dispose()
    const losses = [...valuesOf(reports, 'generatorLoss'), ...learningOf(reports)]
    expect(learningOf(reports).length).toBeGreaterThanOrEqual(4)
    expect(losses.every(Number.isFinite)).toBe(true)

    const parts = temporaryFolder('parts')
    const before = await studentStage(tinyExperiment(change), parts)
    const first = await runToEnd(before, parts, { pauseAfter: 2 })
    before.dispose()
    expect(first.at(-1)).toMatchObject({ type: 'finished', outcome: 'paused', step: 2 })
    expect(first.filter((report) => report.type === 'progress').at(-1)).toMatchObject({ step: 2 })
    const after = await studentStage(tinyExperiment(change), parts)
    const second = await runToEnd(after, parts, { resume: true })
    after.dispose()
    expect([...learningOf(first), ...learningOf(second)].sort()).toEqual([...learningOf(reports)].sort())
    expect(readFileSync(`${parts}/weights.safetensors`).equals(readFileSync(`${whole}/weights.safetensors`))).toBe(true)
  })

  it('keeps no tensors from step to step, and gives images for the viewer', async () => {
    const work = await studentStage(tinyExperiment(change), temporaryFolder('leak'))
    await work.step(0, true)
    const images = work.images?.(1)
    expect(images).toMatchObject({ count: 8, height: 32, width: 32, channels: 3, step: 1 })
    expect(new Set(images?.pixels).size).toBeGreaterThan(10)
    await work.step(1, true)
    const before = tf.memory().numTensors
    await work.step(2, true)
    await work.step(3, true)
    work.images?.(4)
    expect(tf.memory().numTensors).toBe(before)
    work.dispose()
  })
})

it.each(distillationMethods.members.map(({ id }) => id))('%s runs kernel by kernel as it does captured', async (id) => {
  const outcomes: number[][] = []
  for (const graph of [true, false]) {
    const distillation = { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, method: { id, params: switches[id]?.[0] ?? tinyMethod } }
    const experiment = tinyExperiment({ students: [{ defenses: [] }], distillation })
    const work = await studentStage({ ...experiment, execution: { ...experiment.execution, graph } }, temporaryFolder('eager'))
    const metrics = await work.step(0, true)
    outcomes.push(Object.entries(metrics).filter(([name]) => /loss/i.test(name)).map(([, value]) => Number(value)))
    work.dispose()
  }
  const [captured = [], eager = []] = outcomes
  expect(captured.length).toBeGreaterThan(0)
  expect(eager).toHaveLength(captured.length)
  captured.forEach((value, index) => expect(Math.abs((eager[index] ?? NaN) - value)).toBeLessThanOrEqual(1e-3 * Math.max(1, Math.abs(value))))
})

const tinyCmi = { distillation: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, method: { id: 'cmi', params: switches.cmi?.[0] ?? {} } }, students: [{ defenses: [] }] }

it('a pause inside a CMI call gives the call up, and the resumed student is the uninterrupted one bit for bit', async () => {
  const run = async (folder: string, options: Parameters<typeof runToEnd>[2]): Promise<TrainerReport | undefined> => {
    const work = await studentStage(tinyExperiment(tinyCmi), folder)
    const reports = await runToEnd(work, folder, options)
    work.dispose()
    return reports.at(-1)
  }
  const [whole, parts] = [temporaryFolder('whole'), temporaryFolder('parts')]
  await run(whole, {})
  // A tiny call is two synthesis steps and two student updates: in the first call, in the third one's synthesis, then in its updates.
  expect(await run(parts, { pauseInside: 1 })).toMatchObject({ type: 'finished', outcome: 'paused', step: 0, weights: null })
  expect(await run(parts, { resume: true, pauseInside: 9 })).toMatchObject({ outcome: 'paused', step: 2 })
  expect(await run(parts, { resume: true, pauseInside: 3 })).toMatchObject({ outcome: 'paused', step: 2 })
  expect(await run(parts, { resume: true })).toMatchObject({ outcome: 'done', step: 4 })
  expect(readFileSync(`${parts}/weights.safetensors`).equals(readFileSync(`${whole}/weights.safetensors`))).toBe(true)
})

it('each CMI call tells what it gives to the pool, in the pool’s own bytes', async () => {
  const folder = temporaryFolder('pool')
  const work = await studentStage(tinyExperiment(tinyCmi), folder)
  const reports = await runToEnd(work, folder)
  const calls = reports.flatMap((report) => report.type === 'pool' ? [report.images] : [])
  expect(calls.map(({ call, count, poolImages, steps }) => [call, count, poolImages, steps])).toEqual([[1, 8, 8, 2], [2, 8, 16, 2], [3, 8, 24, 2], [4, 8, 32, 2]])
  expect(calls.map(({ keptStep }) => keptStep)).toEqual(valuesOf(reports, 'keptStep'))
  expect(calls.map(({ loss }) => loss)).toEqual(valuesOf(reports, 'generatorLoss'))
  const pooled = work.state.snapshot().tensors.get('poolImages/images')
  expect(Buffer.concat(calls.map(({ pixels }) => pixels)).equals(Buffer.from(pooled?.data as Uint8Array))).toBe(true)
  work.dispose()
})

it('a call that is given up keeps no tensors', async () => {
  const work = await studentStage(tinyExperiment(tinyCmi), temporaryFolder('leak'))
  for (const index of [0, 1]) await work.step(index, true)
  for (const [index, inner] of [[2, 2], [3, 4]] as const) {
    const before = tf.memory().numTensors
    let seen = 0
    await expect(work.step(index, true, () => { seen += 1; return seen === inner ? Promise.reject(new StepInterrupted('stop')) : undefined })).rejects.toThrow(StepInterrupted)
    expect(tf.memory().numTensors).toBe(before)
  }
  work.dispose()
})

describe('selection test of the Shuffling Vaccine', () => {
  it('counts the synthesis steps of an inversion, decides at the end of the call, and reports the ensembles tried', async () => {
    const folder = temporaryFolder('selection')
    const work = await studentStage(tinyExperiment({
      students: [{ defenses: [{ id: 'sv', params: { testBatches: 13, trials: 2, members: 1, tailRatio: 1 } }] }],
      distillation: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, method: { id: 'dafl', params: { ...tinyGenerator, pseudoBatches: 3, synthesisSteps: 7 } } },
    }), folder)
    const reports = await runToEnd(work, folder)
    work.dispose()
    const decisions = reports.flatMap((report) => report.type === 'metrics' ? report.points.filter(({ name }) => name === 'svTailRatio') : [])
    expect(decisions).toEqual([{ name: 'svTailRatio', step: 2, value: expect.any(Number) }])
    expect(reports).toContainEqual({ type: 'warning', message: expect.stringContaining('found no ensemble in 2 trials') })
    const test = reports.flatMap((report) => report.type === 'suspectTest' ? [report.test] : []).at(-1)
    expect(test?.trials.map(({ trial, verdict, step }) => [trial, verdict, step])).toEqual([[1, 'refused', 2], [2, 'refused', 2]])
    for (const { clean, triggered, auc, tail } of test?.trials ?? []) {
      expect([clean.images, triggered?.images, tail?.images.images]).toEqual([50, 45, 16])
      expect(auc).toBeGreaterThanOrEqual(0)
      expect(auc).toBeLessThanOrEqual(1)
    }
    expect(test?.last?.step).toBe(3)
  })
})

describe('teacher training', () => {
  const published = { epochs: 3, batchSize: 32, keepLastBatch: false, schedule: 'cosine', scheduleStep: 'epoch', optimizer: 'adam', learningRate: 0.01, keep: 'bestAccuracy' }

  it.each([['as declared', { epochs: 2, batchSize: 32 }, 5], ['as published', published, 5]] as const)('resumes bit for bit in the middle of an epoch: %s', async (_name, training, pauseAfter) => {
    const config = tinyExperiment({ teacher: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, training } })
    const whole = temporaryFolder('whole')
    const uninterrupted = await teacherStage(config, whole)
    const wanted = (await runToEnd(uninterrupted, whole)).at(-1)
    uninterrupted.dispose()
    const parts = temporaryFolder('parts')
    const before = await teacherStage(config, parts)
    await runToEnd(before, parts, { pauseAfter })
    before.dispose()
    const after = await teacherStage(config, parts)
    const got = (await runToEnd(after, parts, { resume: true })).at(-1)
    after.dispose()
    expect(readFileSync(`${parts}/weights.safetensors`).equals(readFileSync(`${whole}/weights.safetensors`))).toBe(true)
    expect(got).toEqual({ ...wanted, weights: `${parts}/weights.safetensors` })
  })

  it('drops the last batch, moves its rate once an epoch and hands on the best epoch where it is asked to', async () => {
    const folder = temporaryFolder('published')
    const work = await teacherStage(tinyExperiment({ teacher: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, training: published } }), folder)
    expect(work.totalSteps).toBe(9)
    const reports = await runToEnd({ ...work, measureEvery: 1 }, folder)
    work.dispose()
    const rates = valuesOf(reports, 'learningRate')
    // torch: CosineAnnealingLR(T_max=3) stepped at the end of each epoch.
    for (const [step, rate] of rates.entries()) expect(rate, `step ${step}`).toBeCloseTo([0.01, 0.0075, 0.0025][Math.floor(step / 3)] ?? NaN, 12)
    const accuracies = reports.flatMap((report) => report.type === 'evaluation' ? [report.evaluation.accuracy] : [])
    expect(accuracies).toHaveLength(3)
    expect(reports.at(-1)).toMatchObject({ type: 'finished', evaluation: { accuracy: Math.max(...accuracies) } })
  })
})

describe.each(architectures.members.map((member) => ({ id: member.id, member })))('architecture $id', ({ member }) => {
  it('forgets nothing when its classifier is disposed', () => {
    const before = tf.memory().numTensors
    const stream = { normal: (count: number) => new Float32Array(count).fill(0.1), uniform: (count: number) => new Float32Array(count).fill(0.5) }
    const network = member.create(defaultsOf(member.params) as never, { classes: 10, channels: 3, height: 32, width: 32, stream: stream as never })
    expect(network.parameters.length).toBeGreaterThan(0)
    network.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
