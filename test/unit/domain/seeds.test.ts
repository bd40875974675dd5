import { describe, expect, it } from 'vitest'
import {
  leftOutWords,
  overSeeds,
  recipeOf,
  stageRecipeOf,
  type ExperimentConfig,
  type ModelResult,
} from '../../../src/shared/domain'
import { fakeCatalogue } from '../../fakes/catalogue'

const config = fakeCatalogue.defaults

const inMixed: ExperimentConfig = { ...config, execution: { ...config.execution, precision: 'mixed' } }

describe('the recipe of an experiment', () => {
  it('is what seed, name, recording and machine do not change, and everything else does', () => {
    const recipe = recipeOf(config)
    expect(recipe).toMatch(/^[0-9a-f]{14}$/)
    expect(
      recipeOf({
        ...config,
        seed: 7,
        name: 'x',
        recording: { ...config.recording, keptSteps: 3 },
        execution: { ...config.execution, threads: 1 },
      }),
    ).toBe(recipe)
    expect(recipeOf({ ...config, poisoning: { ...config.poisoning, ratio: 0.2 } })).not.toBe(recipe)
    expect(recipeOf({ ...config, students: [] })).not.toBe(recipe)
    expect(recipeOf(inMixed)).not.toBe(recipe)
  })
})

describe('a model of another precision', () => {
  const student = { kind: 'student', index: 0 } as const
  const teacher = { kind: 'teacher', index: 0 } as const

  it('is another one, with an undefended twin of its own', () => {
    const [plain, other] = [stageRecipeOf(config, student), stageRecipeOf(inMixed, student)]
    expect(other?.recipe).not.toBe(plain?.recipe)
    expect(other?.pairKey).not.toBe(plain?.pairKey)
  })

  it('is what its own precision says where a fork has changed that of its run', () => {
    expect(stageRecipeOf(inMixed, teacher, 'float32')).toEqual(stageRecipeOf(config, teacher))
  })
})

describe('models over seeds', () => {
  const result = (seed: number, accuracy: number | null, more: Partial<ModelResult> = {}): ModelResult => ({
    runId: `run-${seed}`,
    runName: 'x',
    stageId: 'student-1',
    kind: 'student',
    index: 0,
    method: 'zskt',
    defense: 'none',
    data: 'signs',
    poisonRatio: 0.1,
    attack: 'blend',
    seed,
    recipe: 'a',
    state: 'done',
    accuracy,
    asr: null,
    robustAccuracy: null,
    der: null,
    rir: null,
    otherSettings: null,
    seconds: 1,
    createdAt: seed,
    ...more,
  })

  it('leave out those that have learnt nothing, and say so', () => {
    const health = [{ kind: 'deadStudent', severity: 'error', reason: '', place: 'charts' } as const]
    const [group] = overSeeds([result(1, 0.8), result(2, 0.1, { health }), result(3, 0.6)])
    expect(group).toMatchObject({ seeds: [1, 2, 3], accuracy: { mean: expect.closeTo(0.7) as number, n: 2 } })
    expect(leftOutWords(group?.models ?? [])).toBe('1 of 3 left out: dead')
  })

  it('count the newest run of each seed, and only what is done', () => {
    const groups = overSeeds([
      result(2, 0.6),
      result(1, 0.1),
      result(1, 0.8, { createdAt: 9, runId: 'newer' }),
      result(3, 0.9, { state: 'running' }),
      result(4, 0.5, { recipe: 'b' }),
      result(5, 0.5, { recipe: null }),
    ])
    expect(groups).toHaveLength(1)
    expect(groups[0]).toMatchObject({
      seeds: [1, 2],
      sample: { runId: 'newer' },
      accuracy: { mean: expect.closeTo(0.7) as number, n: 2 },
      asr: null,
    })
  })
})
