import { describe, expect, it } from 'vitest'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { createOtherSettings } from '../../../../src/main/engine/control/experiments/otherSettings'
import { presets } from '../../../../src/main/engine/control/experiments/presets'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { newRun } from '../../../../src/main/engine/control/runs/newRun'
import {
  otherSettingsOf,
  publishedAttacks,
  withConfigValue,
  type PartialExperimentConfig,
} from '../../../../src/shared/domain'

const table = memberTable(families)
const otherSettings = createOtherSettings(presets, table)
const presetConfig = (id: string): PartialExperimentConfig => presets.find((preset) => preset.id === id)!.config
/** By stage id, the data stage left out. */
function unlike(
  config: PartialExperimentConfig,
  changes: Record<string, unknown> = {},
): Record<string, string[] | undefined> {
  const changed = Object.entries(changes).reduce(
    (whole, [path, value]) => withConfigValue(whole, path, value),
    structuredClone(config),
  )
  const { stages } = newRun({
    id: 'run',
    config: resolveExperiment(changed, table).config,
    createdAt: 0,
    otherSettings,
  })
  return Object.fromEntries(
    stages.filter(({ kind }) => kind !== 'data').map((stage) => [stage.id, stage.otherSettings]),
  )
}
const grid = presetConfig('published-badnet_grid')

describe('settings unlike the published ones', () => {
  it('are none for the preset itself, wherever its files lie and whatever seed, device and recording are', () => {
    const same = { teacher: [], 'student-1': [], 'student-2': [] }
    expect(unlike(grid)).toEqual(same)
    expect(
      unlike(grid, {
        'data.params.folder': '/data',
        seed: 7,
        'execution.device': 'cpu',
        'recording.imagesEvery': 5,
        name: 'mine',
      }),
    ).toEqual(same)
    expect(unlike(presetConfig('published-badnet_grid-kd'))).toEqual({ teacher: undefined, 'student-1': [] })
  })

  it('are the trigger’s missing file alone for every other preset of the table, and none once it is named', () => {
    for (const attack of publishedAttacks.filter((id) => !id.startsWith('badnet'))) {
      const { teacher } = unlike(presetConfig(`published-${attack}`))
      expect(teacher).toEqual([expect.stringMatching(/^attack: no (trigger picture|adversarial images) is named/)])
      expect(
        unlike(presetConfig(`published-${attack}`), {
          [`attack.params.${attack === 'cl' ? 'adversarial' : 'picture'}`]: '/triggers',
        }).teacher,
      ).toEqual([])
    }
  })

  it('belong to the models that they concern', () => {
    expect(unlike(grid, { 'distillation.method.params.pseudoBatches': 40 })).toEqual({
      teacher: [],
      'student-1': ['method: Pseudo batches 40 instead of 80,000'],
      'student-2': ['method: Pseudo batches 40 instead of 80,000'],
    })
    const {
      teacher,
      'student-1': undefended,
      'student-2': defended,
    } = unlike(grid, {
      'students.1.defenses.0.params.coefficient': 1,
      'teacher.training.schedule': 'oneCycle',
      'poisoning.ratio': 0.05,
    })
    expect(teacher).toEqual([
      'poisoning: Poison ratio 0.05 instead of 0.1',
      'teacher: Schedule One cycle instead of Cosine to 0',
    ])
    expect(undefended).toEqual(teacher)
    expect(defended).toEqual([...teacher!, expect.stringMatching(/^Shuffling Vaccine: .* 1 instead of 0\.1$/)])
  })

  it('name other networks, and a teacher whose making nobody knows', () => {
    expect(unlike(grid, { 'distillation.architecture': { id: 'lenet' } })['student-1']).toEqual([
      expect.stringMatching(/^student: .* instead of Wide/),
    ])
    expect(
      unlike(grid, { 'teacher.source': 'file', 'teacher.file': '/teacher.pt', 'teacher.training.epochs': 3 }).teacher,
    ).toEqual(['teacher: from a file, trained nobody knows how'])
  })

  it('do not ask for the order of defenses, nor for the other students of the run', () => {
    const [, both] = grid.students as { defenses: unknown[] }[]
    expect(
      unlike({
        ...grid,
        students: [{ defenses: [...both!.defenses].reverse() }, { defenses: both!.defenses.slice(0, 1) }],
      }),
    ).toEqual({ teacher: [], 'student-1': [], 'student-2': undefined })
  })

  it('say nothing of data and attacks that are not in the table', () => {
    expect(unlike(grid, { 'data.id': 'signs' })).toEqual({
      teacher: undefined,
      'student-1': undefined,
      'student-2': undefined,
    })
    expect(unlike(grid, { 'attack.id': 'smooth' }).teacher).toBeUndefined()
  })

  it('count a copy of the data that is not whole, once it is loaded', () => {
    const run = newRun({ id: 'run', config: resolveExperiment(grid, table).config, createdAt: 0, otherSettings })
    const loaded = (train: number, test: number) => ({
      stages: run.stages.map((stage) => (stage.kind === 'data' ? { ...stage, imageCounts: { train, test } } : stage)),
    })
    const [data, teacher] = run.stages
    expect([
      otherSettingsOf(run, data!),
      otherSettingsOf(run, teacher!),
      otherSettingsOf(loaded(50_000, 10_000), teacher!),
    ]).toEqual([null, [], []])
    expect(otherSettingsOf(loaded(8000, 2000), teacher!)).toEqual([
      'data: 8,000 + 2,000 images instead of 50,000 + 10,000',
    ])
  })
})
