import { describe, expect, it } from 'vitest'
import { costs } from '../../../../src/main/engine/control/experiments/costs'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { forkIssues } from '../../../../src/main/engine/control/experiments/forkIssues'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const table = memberTable(families)
const method = (params: Record<string, unknown> = {}) => ({
  method: { id: 'zskt', params: { pseudoBatches: 1000, ...params } },
})
const configOf = (change: PartialExperimentConfig) =>
  resolveExperiment({ distillation: method(), students: [{ defenses: [] }], ...change }, table).config

/** What is told of a fork at step 400, or at another one. */
function told(
  change: PartialExperimentConfig,
  { from = {}, step = 400 }: { from?: PartialExperimentConfig; step?: number } = {},
): string[] {
  const source = configOf(from)
  const plan = source.students[0] ?? { defenses: [] }
  return forkIssues({ config: source, plan, step }, configOf(change), { table, costs }).map(({ path }) => path)
}
const vaccine = (params: Record<string, unknown> = {}) => ({ students: [{ defenses: [{ id: 'sv', params }] }] })
const retrospection = (params: Record<string, unknown> = {}) => ({
  students: [{ defenses: [{ id: 'sr', params: { takeover: 200, ...params } }] }],
})

describe('a fork', () => {
  it('may stay as it is, and have another name, another length, other rates, weights and recording', () => {
    expect(told({})).toEqual([])
    expect(
      told({
        name: 'Another',
        distillation: method({ pseudoBatches: 2000, studentLearningRate: 1e-4, temperature: 2, attention: 0 }),
        recording: { evaluateEvery: 7 },
        execution: { threads: 1 },
      }),
    ).toEqual([])
  })

  it.each<[string, PartialExperimentConfig, string]>([
    ['seed', { seed: 5 }, 'seed'],
    ['data set', { data: { id: 'mnist' } }, 'data.id'],
    ['attack', { attack: { id: 'blend' } }, 'attack.id'],
    ['poison ratio', { poisoning: { ratio: 0.2 } }, 'poisoning.ratio'],
    ['teacher', { teacher: { training: { epochs: 3 } } }, 'teacher.training.epochs'],
    [
      'network',
      { distillation: { ...method(), architecture: { id: 'wrn', params: { width: 3 } } } },
      'distillation.architecture.params.width',
    ],
    ['method', { distillation: { method: { id: 'cmi' } } }, 'distillation.method.id'],
    ['what the generator is made of', { distillation: method({ latent: 50 }) }, 'distillation.method.params.latent'],
  ])('cannot have another %s, which it says by its path', (_what, change, path) => {
    expect(told(change)).toEqual([path])
  })

  it('is longer than what is done', () => {
    expect(told({ distillation: method({ pseudoBatches: 400 }) })).toEqual(['distillation.method.params.pseudoBatches'])
    expect(told({ distillation: method({ pseudoBatches: 401 }) })).toEqual([])
    expect(told({ students: [] })).toEqual(['students'])
  })

  it('of a finished student is for defenses that work on it', () => {
    const pruned = { students: [{ defenses: [{ id: 'fp', params: {} }] }] }
    expect(told(pruned, { step: 1000 })).toEqual([])
    expect(told(pruned)).toEqual([])
    expect(told(pruned, { from: pruned, step: 1001 })).toEqual(['distillation.method.params.pseudoBatches'])
    expect(told({}, { step: 1000 })).toEqual(['distillation.method.params.pseudoBatches'])
  })

  it('turns defenses on and off, and weighs them otherwise', () => {
    expect(told(vaccine())).toEqual([])
    expect(told({}, { from: vaccine() })).toEqual([])
    expect(told(vaccine({ coefficient: 3 }), { from: vaccine() })).toEqual([])
    expect(told({ students: [{ defenses: [] }, ...vaccine().students, ...retrospection().students] })).toEqual([])
  })

  it('keeps what a defense has drawn or decided', () => {
    expect(told(vaccine({ members: 5 }), { from: vaccine() })).toEqual(['students.0.defenses.0.params.members'])
    const late = ['students.0.defenses.0.params.testBatches']
    expect(told(vaccine({ testBatches: 50 }))).toEqual(late)
    expect(told(vaccine({ testBatches: 50 }), { step: 20 })).toEqual([])
    expect(told(vaccine({ testBatches: 500 }))).toEqual([])
  })

  it('lets a late defense begin after the checkpoint, or go on where it has begun', () => {
    const begins = ['students.0.defenses.0.params.takeover']
    expect(told(retrospection({ takeover: 600 }))).toEqual([])
    expect(told(retrospection({ takeover: 601 }))).toEqual(begins)
    const from = retrospection({ takeover: 700 })
    expect(told(retrospection({ takeover: 700, rounds: 3 }), { from })).toEqual([])
    expect(told(retrospection({ takeover: 200 }), { from })).toEqual(begins)
    expect(told({}, { from })).toEqual([])
    expect(told({ ...from, distillation: method({ pseudoBatches: 2000 }) }, { from })).toEqual(begins)
  })
})
