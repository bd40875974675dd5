/** Self-Retrospection inside whole stages: where it starts from, and its switches between the reference's programs. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { writeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import { wrn } from '../../../src/main/engine/families/architectures/wrn'
import {
  selfRetrospectionParameters,
  type SelfRetrospectionParameters,
} from '../../../src/main/engine/families/defenses/selfRetrospection/parameters'
import { createUniversalPerturbation } from '../../../src/main/engine/families/defenses/selfRetrospection/perturbation'
import { wrapTrainer } from '../../../src/main/engine/families/defenses/selfRetrospection/unlearning'
import type { DistillationContext, StudentTrainer } from '../../../src/main/engine/families/distillation/types'
import { createStepProgram } from '../../../src/main/engine/graph'
import { loadWeights, weightsOf } from '../../../src/main/engine/weights/network'
import { sliceImages } from '../../../src/main/engine/images/imageSets'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createRedrawnPerturbations } from '../../../src/main/engine/trainer/asked/redrawnPerturbations'
import { loadDataset } from '../../../src/main/engine/trainer/data'
import { readCheckpointAt } from '../../../src/main/engine/trainer/checkpoints'
import { listCheckpoints } from '../../../src/main/engine/protocol/checkpointFiles'
import { MissingStartError } from '../../../src/main/engine/trainer/stageErrors'
import { prepareStudentStage } from '../../../src/main/engine/trainer/stages'
import { createStateBundle } from '../../../src/main/engine/trainer/state'
import { defaultsOf } from '../../../src/shared/schema'
import type { AnalyseJob, TrainerJob } from '../../../src/main/engine/protocol/messages'
import type { PartialExperimentConfig } from '../../../src/shared/domain'
import { runToEnd, temporaryFolder, tinyExperiment } from '../../contract/support'
import { hashed, hashedWeights } from '../../fixtures/hashed'

const cache = temporaryFolder('cache')
const teacherWeights = join(temporaryFolder('teacher'), 'weights.safetensors')
const network = (classes: number, side: number) =>
  wrn.create(
    { depth: 10, width: 1 },
    { classes, channels: 3, height: side, width: side, stream: createStream(1, 'test') },
  )

beforeAll(async () => {
  await startTensorFlow()
  const teacher = network(10, 32)
  await writeSafetensors(teacherWeights, weightsOf(teacher), { format: 'pt' })
  teacher.dispose()
})

const wide = { id: 'wrn', params: { depth: 10, width: 1 } }
const retrospection = { id: 'sr', params: { takeover: 2, rounds: 1, iterations: 1 } }

/** What control decides for a student: where it begins, and where others go on from it. */
type Branching = Pick<Extract<TrainerJob, { kind: 'student' }>, 'startFrom' | 'branchesAt'>

/** Runs one student of a tiny experiment to its end in runs/<run>/student-<n>; its weights and what was logged. */
async function runStudent(
  runFolder: string,
  change: PartialExperimentConfig,
  studentIndex: number,
  branching: Branching = {},
): Promise<{ weights: Buffer; logs: string[] }> {
  const folder = join(runFolder, `student-${studentIndex + 1}`)
  mkdirSync(folder, { recursive: true })
  const config = tinyExperiment({ recording: { evaluateEvery: 1, imagesEvery: 1000 }, ...change })
  const { work, startFrom } = await prepareStudentStage(
    {
      kind: 'student',
      stageId: `student-${studentIndex + 1}`,
      config,
      folders: { stage: folder, cache },
      resume: false,
      studentIndex,
      teacherWeights,
      ...branching,
    },
    () => undefined,
  )
  const reports = await runToEnd({ ...work, evaluateAfter: () => false }, folder, { startFrom })
  work.dispose()
  return {
    weights: readFileSync(join(folder, 'weights.safetensors')),
    logs: reports.flatMap((report) => (report.type === 'log' ? [report.message] : [])),
  }
}
const stepsKept = (runFolder: string, student: number): number[] =>
  listCheckpoints(join(runFolder, `student-${student}`)).map(({ step }) => step)

describe('where the phase starts from', () => {
  const runs = temporaryFolder('runs')
  const alone = { students: [{ defenses: [retrospection] }] }
  const twins = {
    students: [{ defenses: [] }, { defenses: [retrospection] }],
    recording: { evaluateEvery: 1, imagesEvery: 1000, keptCheckpoints: 2 },
  }

  it('the undefended twin’s checkpoint at that very step, an earlier run’s, or an own repetition: the student is the same', async () => {
    const repeated = await runStudent(join(runs, 'alone'), alone, 0)
    expect(repeated.logs).toEqual([])
    expect(stepsKept(join(runs, 'alone'), 1)).toEqual([4])

    await runStudent(join(runs, 'twins'), twins, 0, { branchesAt: [2] })
    expect(stepsKept(join(runs, 'twins'), 1)).toEqual([4, 3, 2])
    const folder = join(runs, 'twins', 'student-1')
    const twin = await runStudent(join(runs, 'twins'), twins, 1, { startFrom: { folder, step: 2 } })
    expect(twin.logs).toEqual(['goes on from step 2 of the student whose distillation begins alike'])
    expect(twin.weights.equals(repeated.weights)).toBe(true)

    const start = { id: 'sr', params: { ...retrospection.params, takeover: 600, start: 'twins/student-1@2' } }
    const from = { folder, step: 2, named: 'twins/student-1@2' }
    const named = await runStudent(join(runs, 'later'), { students: [{ defenses: [start] }] }, 0, { startFrom: from })
    expect(named.logs).toEqual(['goes on from twins/student-1@2'])
    expect(named.weights.equals(repeated.weights)).toBe(true)
  })

  it('a named checkpoint that is gone is an error, not a start from nothing', async () => {
    const start = { id: 'sr', params: { ...retrospection.params, start: 'nowhere/student-1@2' } }
    const from = { folder: join(runs, 'nowhere', 'student-1'), step: 2, named: 'nowhere/student-1@2' }
    await expect(
      runStudent(join(runs, 'lost'), { students: [{ defenses: [start] }] }, 0, { startFrom: from }),
    ).rejects.toThrow(MissingStartError)
    expect(stepsKept(join(runs, 'lost'), 1)).toEqual([])
  })
})

it('CMI’s phase begins with an empty pool and bank, and with SGD, where its settings say so', async () => {
  const folder = temporaryFolder('cmi')
  const method = {
    id: 'cmi',
    params: {
      pseudoBatches: 3,
      synthesisSteps: 1,
      synthesisBatchSize: 8,
      studentSteps: 1,
      batchSize: 8,
      latent: 10,
      generatorWidth: 4,
      headWidth: 8,
      bankSize: 64,
      negatives: 10,
    },
  }
  const distillation = { architecture: { id: 'wrn', params: { depth: 10, width: 1 } }, method }
  const plan = (params: Record<string, unknown>) => ({
    distillation,
    students: [{ defenses: [{ id: 'sr', params: { rounds: 1, iterations: 1, takeover: 1, ...params } }] }],
  })
  const tensorsOf = async (name: string, params: Record<string, unknown>) => {
    await runStudent(join(folder, name), plan(params), 0)
    return (await readCheckpointAt(join(folder, name, 'student-1'), 3, () => undefined))?.snapshot.tensors
  }
  const emptied = await tensorsOf('reference', {})
  expect([emptied?.get('poolImages/images')?.shape[0], emptied?.get('memoryBankRows/rows')?.shape[0]]).toEqual([8, 8])
  expect([...(emptied?.get('contrastiveHeadOptimizer/step')?.data ?? [])]).toEqual([1])
  expect(emptied?.has('selfRetrospectionOptimizer/momentum')).toBe(true)
  const kept = await tensorsOf('kept', { emptyPool: false, optimizer: 'adam' })
  expect([kept?.get('poolImages/images')?.shape[0], kept?.get('memoryBankRows/rows')?.shape[0]]).toEqual([24, 24])
  expect(kept?.has('selfRetrospectionOptimizer/firstMoment')).toBe(true)
})

describe('the switches of the reference’s programs', () => {
  const image = { height: 8, width: 8, channels: 3 }
  const make = () => {
    const [teacher, student] = [network(5, 8), network(5, 8)]
    loadWeights(teacher, hashedWeights([...teacher.parameters, ...teacher.buffers], 'teacher.'))
    loadWeights(student, hashedWeights([...student.parameters, ...student.buffers], 'student.'))
    const state = createStateBundle(1, tf)
    const context = {
      dataset: 'signs',
      augmentation: { crop: false, flip: false },
      tell: () => undefined,
      testDivergences: () => ({ clean: [], triggered: null }),
      teacher,
      student,
      classes: 5,
      image,
      normalization: { mean: [0, 0, 0], standardDeviation: [1, 1, 1] },
      program: createStepProgram({ mode: 'eager' }),
      stream: (name: string) => state.stream(name),
      state,
      defenses: [],
      methodTotal: 10,
    }
    return {
      context,
      images: tf.tensor4d(hashed('images', 4 * 192, 0, 1), [4, 8, 8, 3]),
      teacherLogits: tf.tensor2d(hashed('answers', 20, 0, 2), [4, 5]),
    }
  }
  const valuesWith = (change: Partial<SelfRetrospectionParameters>): SelfRetrospectionParameters => ({
    ...defaultsOf(selfRetrospectionParameters),
    rounds: 3,
    iterations: 1,
    ...change,
  })
  const found = (change: Partial<SelfRetrospectionParameters>) => {
    const { context, images, teacherLogits } = make()
    const perturbation = createUniversalPerturbation(valuesWith(change), context)
    perturbation.find(images, teacherLogits)
    const passes = context.student.buffers
      .filter(({ name }) => name.endsWith('num_batches_tracked'))
      .map(({ variable }) => variable.dataSync()[0])
    return { p: [...perturbation.variable.dataSync()], passes: new Set(passes) }
  }

  it('the student sees clean and perturbed images in every round, the teacher changes nothing', () => {
    expect(found({ model: 'student' }).passes).toEqual(new Set([6]))
    expect(found({ model: 'teacher' }).passes).toEqual(new Set([0]))
  })

  it('the penalty takes part in the search only where it is asked to', () => {
    const free = found({ perturbationPenalty: 0 }).p
    expect(found({ perturbationPenalty: 10, penaltyInSearch: false }).p).toEqual(free)
    expect(found({ perturbationPenalty: 10 }).p).not.toEqual(free)
  })

  it('can be looked at after each round, and is at the end what was seen last', () => {
    const { context, images, teacherLogits } = make()
    const { variable, find } = createUniversalPerturbation(valuesWith({ rounds: 3 }), context)
    const seen: number[][] = []
    find(images, teacherLogits, () => {
      context.program.readState()
      seen.push([...variable.dataSync()])
    })
    expect(seen).toHaveLength(3)
    expect(seen[0]).not.toEqual(seen[1])
    expect(seen[2]).toEqual([...variable.dataSync()])
  })

  it('is drawn again from weights on disk as its training draws it: the same from the same seed', async () => {
    const config = tinyExperiment({ students: [{ defenses: [] }, { defenses: [retrospection] }] })
    const dataset = await loadDataset({ data: config.data, cacheFolder: cache })
    const none = { steps: [], values: [] }
    const recorded = { accuracy: none, asr: none }
    const stage = (id: string, index: number) =>
      ({
        id,
        kind: 'student',
        index,
        title: id,
        folder: cache,
        weights: teacherWeights,
        keptImages: [],
        recorded,
      }) as const
    const job: AnalyseJob = {
      kind: 'analyse',
      analysis: { id: 'perturbation-seen', params: {} },
      config: { ...config, distillation: { ...config.distillation, architecture: wide } },
      cacheFolder: cache,
      teacher: teacherWeights,
      stages: [stage('student-1', 0), stage('student-2', 1)],
      step: null,
    }
    const teacher = network(10, 32)
    const again = createRedrawnPerturbations({ job, dataset, normalization: dataset.normalization, teacher })
    expect(again.searchOf('student-1')).toBeNull()
    expect(again.searchOf('student-2')).toMatchObject({ defense: 'Self-Retrospection', against: 'teacher' })
    const images = sliceImages(dataset.test, 0, 4)
    const draw = () => again.redraw({ stageId: 'student-2', at: { stageId: 'student-1', step: null }, images, seed: 1 })
    const [first, second] = [await draw(), await draw()]
    expect(first).toHaveLength(1)
    expect(first[0]).toHaveLength(32 * 32 * 3)
    expect(first[0]?.some((value) => Math.abs(value) > 1e-3)).toBe(true)
    expect(second).toEqual(first)
    teacher.dispose()
  })

  it('the weights that another defense gives the images reach the loss only where they should', async () => {
    for (const imageWeights of [true, false]) {
      const { context, images, teacherLogits } = make()
      const seen: boolean[] = []
      const args = { images, teacherLogits, imageWeights: tf.tensor1d([0, 0, 0.5, 0.5]) }
      const plain: StudentTrainer = {
        imagesPerStep: 4,
        updates: 1,
        step: () => ({}),
        batches: () => () => ({ args, own: [] }),
        loss: ({ logits }, given) => {
          seen.push('imageWeights' in given)
          return { loss: tf.mean(logits), outputs: {} }
        },
      }
      const values = valuesWith({ imageWeights, update: 'consistency', rounds: 1 })
      const trainer = wrapTrainer(
        values,
        { phase: { start: 0, total: 1 }, perturbation: createUniversalPerturbation(values, context) },
        plain,
        context as DistillationContext,
      )
      await trainer.step({ images, teacherLogits, teacherAttention: [] }, { index: 0, total: 1, measure: false })
      expect(seen).toEqual([imageWeights])
    }
  })
})
