/** The methods beside the inversion family, teachers, and what disposing leaves behind. */
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { trainableArchitectures } from '../../src/main/engine/families/architectures'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import { defaultsOf } from '../../src/shared/schema'
import { describeMethods, ofInversion } from './methods'
import { prepareTinyTeacher, teacherStage } from './stages'
import { runToEnd, temporaryFolder, tinyExperiment, valuesOf } from './support'

beforeAll(prepareTinyTeacher)

describeMethods(distillationMethods.members.filter((method) => !ofInversion(method)))

describe('teacher training', () => {
  const published = {
    epochs: 3,
    batchSize: 32,
    keepLastBatch: false,
    schedule: 'cosine',
    scheduleStep: 'epoch',
    optimizer: 'adam',
    learningRate: 0.01,
    keep: 'bestAccuracy',
  }

  it.each([
    ['as declared', { epochs: 2, batchSize: 32 }, 5],
    ['as published', published, 5],
  ] as const)('resumes bit for bit in the middle of an epoch: %s', async (_name, training, pauseAfter) => {
    const config = tinyExperiment({
      teacher: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, training },
    })
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
    const work = await teacherStage(
      tinyExperiment({
        teacher: { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, training: published },
      }),
      folder,
    )
    expect(work.totalSteps).toBe(9)
    const reports = await runToEnd({ ...work, measureEvery: 1 }, folder)
    work.dispose()
    const rates = valuesOf(reports, 'learningRate')
    // torch: CosineAnnealingLR(T_max=3) stepped at the end of each epoch.
    for (const [step, rate] of rates.entries())
      expect(rate, `step ${step}`).toBeCloseTo([0.01, 0.0075, 0.0025][Math.floor(step / 3)] ?? NaN, 12)
    const accuracies = reports.flatMap((report) => (report.type === 'evaluation' ? [report.evaluation.accuracy] : []))
    expect(accuracies).toHaveLength(3)
    expect(reports.at(-1)).toMatchObject({ type: 'finished', evaluation: { accuracy: Math.max(...accuracies) } })
  })
})

describe.each(trainableArchitectures.map((member) => ({ id: member.id, member })))('architecture $id', ({ member }) => {
  it('forgets nothing when its classifier is disposed', () => {
    const before = tf.memory().numTensors
    const stream = {
      normal: (count: number) => new Float32Array(count).fill(0.1),
      uniform: (count: number) => new Float32Array(count).fill(0.5),
    }
    const network = member.create(defaultsOf(member.params) as never, {
      classes: 10,
      channels: 3,
      height: 32,
      width: 32,
      stream: stream as never,
    })
    expect(network.parameters.length).toBeGreaterThan(0)
    network.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
