/**
 * The inversion family: what every method promises, calls that are given up, the pool, and the selection test inside a
 * call.
 */
import type { SuspectsArtifact } from '../../src/main/engine/families/analyses/suspects'
import { readFileSync } from 'node:fs'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { distillationMethods } from '../../src/main/engine/families/distillation'
import type { TrainerReport } from '../../src/main/engine/protocol/messages'
import { StepInterrupted } from '../../src/main/engine/families/distillation/innerSteps'
import { switches, tinyGenerator } from './cases'
import { describeMethods, ofInversion } from './methods'
import { prepareTinyTeacher, studentStage } from './stages'
import { runToEnd, temporaryFolder, tinyExperiment, valuesOf } from './support'

beforeAll(prepareTinyTeacher)

describeMethods(distillationMethods.members.filter(ofInversion))

const tinyCmi = {
  distillation: {
    architecture: { id: 'wrn', params: { depth: 10, width: 1 } },
    method: { id: 'cmi', params: switches.cmi?.[0] ?? {} },
  },
  students: [{ defenses: [] }],
}

it('a pause inside a CMI call gives the call up, and the resumed student is the uninterrupted one bit for bit', async () => {
  const run = async (folder: string, options: Parameters<typeof runToEnd>[2]): Promise<TrainerReport | undefined> => {
    const work = await studentStage(tinyExperiment(tinyCmi), folder)
    const reports = await runToEnd(work, folder, options)
    work.dispose()
    return reports.at(-1)
  }
  const [whole, parts] = [temporaryFolder('whole'), temporaryFolder('parts')]
  await run(whole, {})
  // A tiny call is two synthesis steps and two student updates: in the first call, in the third one's synthesis, then
  // in its updates.
  expect(await run(parts, { pauseInside: 1 })).toMatchObject({
    type: 'finished',
    outcome: 'paused',
    step: 0,
    weights: null,
  })
  expect(await run(parts, { resume: true, pauseInside: 9 })).toMatchObject({ outcome: 'paused', step: 2 })
  expect(await run(parts, { resume: true, pauseInside: 3 })).toMatchObject({ outcome: 'paused', step: 2 })
  expect(await run(parts, { resume: true })).toMatchObject({ outcome: 'done', step: 4 })
  expect(readFileSync(`${parts}/weights.safetensors`).equals(readFileSync(`${whole}/weights.safetensors`))).toBe(true)
})

it('each CMI call tells what it gives to the pool, in the pool’s own bytes', async () => {
  const folder = temporaryFolder('pool')
  const work = await studentStage(tinyExperiment(tinyCmi), folder)
  const reports = await runToEnd(work, folder)
  const calls = reports.flatMap((report) => (report.type === 'pool' ? [report.images] : []))
  expect(calls.map(({ call, count, poolImages, steps }) => [call, count, poolImages, steps])).toEqual([
    [1, 8, 8, 2],
    [2, 8, 16, 2],
    [3, 8, 24, 2],
    [4, 8, 32, 2],
  ])
  expect(calls.map(({ keptStep }) => keptStep)).toEqual(valuesOf(reports, 'keptStep'))
  expect(calls.map(({ loss }) => loss)).toEqual(valuesOf(reports, 'generatorLoss'))
  const pooled = work.state.snapshot().tensors.get('poolImages/images')
  expect(Buffer.concat(calls.map(({ pixels }) => pixels)).equals(Buffer.from(pooled?.data as Uint8Array))).toBe(true)
  work.dispose()
})

it('a call that is given up keeps no tensors', async () => {
  const work = await studentStage(tinyExperiment(tinyCmi), temporaryFolder('leak'))
  for (const index of [0, 1]) await work.step(index, true)
  for (const [index, inner] of [
    [2, 2],
    [3, 4],
  ] as const) {
    const before = tf.memory().numTensors
    let seen = 0
    await expect(
      work.step(index, true, () => {
        seen += 1
        return seen === inner ? Promise.reject(new StepInterrupted('stop')) : undefined
      }),
    ).rejects.toThrow(StepInterrupted)
    expect(tf.memory().numTensors).toBe(before)
  }
  work.dispose()
})

describe('selection test of the Shuffling Vaccine', () => {
  it('counts the synthesis steps of an inversion, decides at the end of the call, and reports the ensembles tried', async () => {
    const folder = temporaryFolder('selection')
    const work = await studentStage(
      tinyExperiment({
        students: [{ defenses: [{ id: 'sv', params: { testBatches: 13, trials: 2, members: 1, tailRatio: 1 } }] }],
        distillation: {
          architecture: { id: 'wrn', params: { depth: 10, width: 1 } },
          method: { id: 'dafl', params: { ...tinyGenerator, pseudoBatches: 3, synthesisSteps: 7 } },
        },
      }),
      folder,
    )
    const reports = await runToEnd(work, folder)
    work.dispose()
    const decisions = reports.flatMap((report) =>
      report.type === 'metrics' ? report.points.filter(({ name }) => name === 'sv.tailRatio') : [],
    )
    expect(decisions).toEqual([{ name: 'sv.tailRatio', step: 2, value: expect.any(Number) }])
    expect(reports).toContainEqual({
      type: 'warning',
      message: expect.stringContaining('found no ensemble in 2 trials'),
    })
    const test = reports
      .flatMap((report) =>
        report.type === 'artifact' && report.analysis === 'suspects' ? [report.artifact as SuspectsArtifact] : [],
      )
      .at(-1)
    expect(test?.trials.map(({ trial, verdict, step }) => [trial, verdict, step])).toEqual([
      [1, 'refused', 2],
      [2, 'refused', 2],
    ])
    for (const { clean, triggered, auc, tail } of test?.trials ?? []) {
      expect([clean.images, triggered?.images, tail?.images.images]).toEqual([50, 45, 16])
      expect(auc).toBeGreaterThanOrEqual(0)
      expect(auc).toBeLessThanOrEqual(1)
    }
    expect(test?.last?.step).toBe(3)
  })
})
