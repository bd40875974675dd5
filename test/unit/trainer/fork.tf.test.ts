/** A fork inside a whole stage: unchanged it is the student itself, and it can be resumed as any other. */
import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { wrn } from '../../../src/main/engine/families/architectures/wrn'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { prepareStudentStage } from '../../../src/main/engine/trainer/stages'
import { weightsOf } from '../../../src/main/engine/weights/network'
import { writeSafetensors } from '../../../src/main/engine/weights/safetensors/write'
import type { PartialExperimentConfig } from '../../../src/shared/domain'
import { tinyMethod } from '../../contract/cases'
import { runToEnd, temporaryFolder, tinyExperiment } from '../../contract/support'

const cache = temporaryFolder('cache')
const runs = temporaryFolder('forks')
const teacherWeights = join(temporaryFolder('teacher'), 'weights.safetensors')

beforeAll(async () => {
  await startTensorFlow()
  const teacher = wrn.create(
    { depth: 10, width: 1 },
    { classes: 10, channels: 3, height: 32, width: 32, stream: createStream(1, 'test') },
  )
  await writeSafetensors(teacherWeights, weightsOf(teacher), { format: 'pt' })
  teacher.dispose()
})

const defended = (coefficient: number): PartialExperimentConfig => ({
  students: [{ defenses: [{ id: 'sv', params: { coefficient, members: 1, layers: 2 } }] }],
})

/** The weights of a student that is trained in a folder of its own. */
async function train(
  name: string,
  change: PartialExperimentConfig,
  options: { from?: string; pauseAfter?: number; resume?: boolean } = {},
): Promise<Buffer> {
  const folder = join(runs, name)
  mkdirSync(folder, { recursive: true })
  const recording = { evaluateEvery: 1, imagesEvery: 1000, keptCheckpoints: 10 }
  const { from, pauseAfter, resume = false } = options
  const { work, startFrom } = await prepareStudentStage(
    {
      kind: 'student',
      stageId: 'student-1',
      config: tinyExperiment({ recording, ...change }),
      folders: { stage: folder, cache },
      resume,
      studentIndex: 0,
      teacherWeights,
      ...(from === undefined ? {} : { startFrom: { folder: join(runs, from), step: 2, named: `${from}/student-1@2` } }),
    },
    () => undefined,
  )
  await runToEnd({ ...work, evaluateAfter: () => false }, folder, {
    startFrom,
    resume,
    ...(pauseAfter === undefined ? {} : { pauseAfter }),
  })
  work.dispose()
  return readFileSync(join(folder, 'weights.safetensors'))
}

describe.each([
  ['without a defense', { students: [{ defenses: [] }] }],
  ['with a defense', defended(0.1)],
])('the fork of a student %s', (name, config: PartialExperimentConfig) => {
  it('with an unchanged configuration has the same weights, also when it was paused and resumed', async () => {
    const original = await train(name, config)
    expect((await train(`${name}, fork`, config, { from: name })).equals(original)).toBe(true)
    await train(`${name}, paused`, config, { from: name, pauseAfter: 1 })
    const resumed = await train(`${name}, paused`, config, { from: name, resume: true })
    expect(resumed.equals(original)).toBe(true)
  })
})

describe('a fork with another configuration', () => {
  it('learns otherwise: a defense on or off, another rate, another length', async () => {
    const late = { id: 'sr', params: { takeover: 2, rounds: 1, iterations: 1 } }
    const plain: PartialExperimentConfig = { students: [{ defenses: [] }] }
    const unlearning: PartialExperimentConfig = { students: [{ defenses: [late] }] }
    const { distillation } = tinyExperiment()
    const method = (params: object): PartialExperimentConfig => ({
      ...plain,
      distillation: { ...distillation, method: { id: 'zskt', params: { ...tinyMethod, ...params } } },
    })
    const original = await train('plain', plain)
    const defendedOne = await train('defended', unlearning)
    const same = async (fork: string, from: string, change: PartialExperimentConfig): Promise<[string, boolean]> => [
      fork,
      (await train(fork, change, { from })).equals(original),
    ]
    expect([
      await same('on', 'plain', unlearning),
      await same('rate', 'plain', method({ studentLearningRate: 1e-4 })),
      await same('longer', 'plain', method({ pseudoBatches: 6 })),
      // It has begun at the checkpoint, and left no trace in it.
      await same('off', 'defended', plain),
    ]).toEqual([
      ['on', false],
      ['rate', false],
      ['longer', false],
      ['off', true],
    ])
    expect(readFileSync(join(runs, 'on', 'weights.safetensors')).equals(defendedOne)).toBe(true)
  })
})
