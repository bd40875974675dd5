import { describe, expect, it } from 'vitest'
import { publishedAttacks, publishedColumn, publishedComparison, publishedRates } from '../../../src/shared/domain'
import { families } from '../../../src/main/engine/control/experiments/families'
import { presets } from '../../../src/main/engine/control/experiments/presets'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import { completeTraining } from '../../../src/main/engine/families/teacherTraining'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'

const student = {
  kind: 'student' as const,
  method: 'zskt',
  defense: 'none',
  data: 'cifar10',
  attack: 'badnet_grid',
  accuracy: 0.7,
  asr: 0.95,
  otherSettings: [] as string[],
}

describe('published numbers', () => {
  it('gives fractions by attack and column, nothing for what is not in the table', () => {
    expect(publishedRates('badnet_grid', 'zskt')).toEqual({ accuracy: 0.719, asr: 0.969 })
    expect(publishedRates('sig', 'cleanKd')?.accuracy).toBeCloseTo(0.774, 12)
    expect(publishedRates('smooth', 'zskt')).toBeNull()
    expect(publishedRates('toString', 'zskt')).toBeNull()
  })
  it('finds the column of a model; a single defense has none, the order of two does not matter', () => {
    const column = (change: Partial<typeof student>, runMethod = 'zskt') =>
      publishedColumn({ ...student, ...change }, runMethod)
    expect(column({})).toBe('zskt')
    expect(column({ defense: 'sv+sr' })).toBe('zskt+abd')
    expect(column({ defense: 'sr+sv' })).toBe('zskt+abd')
    expect(column({ defense: 'sv' })).toBeNull()
    expect(column({ method: 'kd' })).toBe('cleanKd')
    expect(column({ method: 'cmi' })).toBeNull()
    expect(publishedColumn({ kind: 'teacher', method: null, defense: null }, 'zskt')).toBe('teacher')
    expect(publishedColumn({ kind: 'teacher', method: null, defense: null }, 'kd')).toBeNull()
  })
  it('tells no difference where settings differ, or were not compared', () => {
    expect(
      publishedComparison({ ...student, otherSettings: ['method: Pseudo batches 40 instead of 80,000'] }, 'zskt'),
    ).toEqual({
      accuracy: 0.719,
      asr: 0.969,
      accuracyDifference: null,
      asrDifference: null,
      otherSettings: ['method: Pseudo batches 40 instead of 80,000'],
    })
    expect(publishedComparison({ ...student, otherSettings: null }, 'zskt')?.otherSettings).toHaveLength(1)
  })
  it('tells the difference, ours minus published, and only on the table’s data set', () => {
    const comparison = publishedComparison(student, 'zskt')
    expect(comparison?.accuracyDifference).toBeCloseTo(-0.019, 12)
    expect(comparison?.asrDifference).toBeCloseTo(-0.019, 12)
    expect(publishedComparison({ ...student, asr: null }, 'zskt')?.asrDifference).toBeNull()
    expect(publishedComparison({ ...student, data: 'signs' }, 'zskt')).toBeNull()
  })
})

describe('presets', () => {
  const table = memberTable(families)
  /** What all teachers of Trap's normal_training.py have in common. */
  const referenceLoop = { schedule: 'cosine', scheduleStep: 'epoch', keepLastBatch: false, keep: 'bestAccuracy' }
  const resolved = presets.map((preset) => ({ preset, ...resolveExperiment(preset.config, table) }))

  it('have ids of their own and are valid as they are, but for files that the user must name', () => {
    expect(new Set(presets.map(({ id }) => id)).size).toBe(presets.length)
    const errors = resolved.flatMap(({ preset, issues }) =>
      issues
        .filter(({ severity, path }) => severity === 'error' && path !== 'data.params.folder')
        .map((issue) => `${preset.id} ${issue.path} ${issue.message}`),
    )
    expect(errors).toEqual([])
  })
  it('has GTSRB with the reference’s settings, the same as the methods’ own', () => {
    const { config } = resolved.find(({ preset }) => preset.id === 'gtsrb-zskt')!
    const settings = (family: string, id: string) => table.find(family as 'defense', id)?.presets.gtsrb?.params
    expect(config).toMatchObject({
      data: { id: 'gtsrb' },
      poisoning: { target: 1, ratio: 0.1 },
      teacher: { training: { batchSize: 256, optimizer: 'adam', learningRate: 0.1, ...referenceLoop } },
      recording: { evaluateEvery: 100 },
      distillation: { method: { id: 'zskt', params: settings('distillation', 'zskt') } },
      students: [
        { defenses: [] },
        { defenses: [{ id: 'sv', params: settings('defense', 'sv') }] },
        {
          defenses: [
            { id: 'sv', params: settings('defense', 'sv') },
            { id: 'sr', params: settings('defense', 'sr') },
          ],
        },
      ],
    })
    expect(config.distillation.method.params).toMatchObject({ temperature: 0.5, attention: 0, pseudoBatches: 10_000 })
  })

  it('leaves the quick one’s training as it always was', () => {
    const { config } = resolved.find(({ preset }) => preset.id === 'quick')!
    expect(config.teacher.training).toMatchObject({
      schedule: 'oneCycle',
      scheduleStep: 'step',
      keepLastBatch: true,
      optimizer: 'sgd',
      keep: 'last',
    })
    // A run from before these parameters existed is one of the same training.
    const {
      scheduleStep: _scheduleStep,
      keepLastBatch: _keepLastBatch,
      optimizer: _optimizer,
      keep: _keep,
      ...older
    } = config.teacher.training
    expect(JSON.stringify(completeTraining(older))).toBe(JSON.stringify(config.teacher.training))
  })

  it('cover every row of the published table with the settings behind it', () => {
    for (const attack of publishedAttacks) {
      const { config } = resolved.find(({ preset }) => preset.id === `published-${attack}`)!
      expect(config).toMatchObject({
        data: { id: 'cifar10' },
        attack: { id: attack },
        poisoning: { ratio: 0.1, target: 0, holdout: 0.05 },
        teacher: {
          architecture: { params: { depth: 16, width: 2 } },
          training: { epochs: 200, batchSize: 128, optimizer: 'sgd', weightDecay: 5e-4, ...referenceLoop },
        },
        distillation: {
          architecture: { params: { depth: 16, width: 1 } },
          method: { id: 'zskt', params: { pseudoBatches: 80_000, attention: 250, temperature: 1, batchNormWeight: 0 } },
        },
        students: [
          { defenses: [] },
          {
            defenses: [
              { id: 'sv', params: { coefficient: 0.1 } },
              { id: 'sr', params: { takeover: 600, update: 'hypergradient' } },
            ],
          },
        ],
      })
      const kd = resolved.find(({ preset }) => preset.id === `published-${attack}-kd`)!.config
      expect(kd.distillation.method).toMatchObject({
        id: 'kd',
        params: { percent: 0.2, alpha: 0.95, temperature: 6, learningRate: 0.1, referenceNormalization: true },
      })
      expect(kd.teacher.architecture.params).toMatchObject({ depth: 40, width: 2 })
    }
  })
})
