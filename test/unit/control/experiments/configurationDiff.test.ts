import { describe, expect, it } from 'vitest'
import { configurationDiff } from '../../../../src/main/engine/control/experiments/configurationDiff'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import type { PartialExperimentConfig, StageName } from '../../../../src/shared/domain'

const table = memberTable(families)
const configOf = (config: PartialExperimentConfig) => resolveExperiment(config, table).config
const diff = (...configs: readonly PartialExperimentConfig[]) =>
  configurationDiff(
    configs.map((config) => ({ config: configOf(config) })),
    table,
  ).rows
const student = (index: number): StageName => ({ kind: 'student', index })

describe('a configuration diff', () => {
  it('has a row for each setting that differs, in words, and none for names', () => {
    expect(
      diff(
        { name: 'a', poisoning: { ratio: 0.1 }, execution: { device: 'cpu' } },
        { name: 'b', poisoning: { ratio: 0.01 }, execution: { device: 'auto' } },
        { name: 'c', poisoning: { ratio: 0.1 }, execution: { device: 'cpu' } },
      ),
    ).toEqual([
      {
        path: 'poisoning.ratio',
        title: 'Poison ratio (of the training set)',
        part: 'Poisoning',
        values: ['0.1', '0.01', '0.1'],
      },
      { path: 'execution.device', title: 'Device', part: 'Execution', values: ['CPU', 'Automatic', 'CPU'] },
    ])
  })

  it('names members, puts their parameters under their titles, and says nothing where a setting does not exist', () => {
    const rows = diff({ attack: { id: 'badnet_grid' } }, { attack: { id: 'blend' } })
    expect(rows[0]).toMatchObject({ path: 'attack.id', title: 'Attack', part: 'Attack' })
    const ratio = rows.find(({ path }) => path === 'attack.params.ratio' || path === 'attack.params.alpha')
    expect(ratio?.part).toBe(rows[0]?.values[1])
    expect(ratio?.values[0]).toBeNull()
  })

  it('tells networks of teacher and student apart', () => {
    const [row, ...others] = diff(
      { distillation: { architecture: { id: 'wrn', params: { depth: 16 } } } },
      { distillation: { architecture: { id: 'wrn', params: { depth: 22 } } } },
    )
    expect(others).toEqual([])
    expect(row).toMatchObject({ path: 'distillation.architecture.params.depth', values: ['16', '22'] })
    expect(row?.part).toMatch(/^Student: /)
  })

  it('puts students beside each other by their defenses, wherever they stand', () => {
    const vaccine = (coefficient: number) => ({ defenses: [{ id: 'sv', params: { coefficient } }] })
    expect(diff({ students: [{ defenses: [] }, vaccine(1)] }, { students: [vaccine(2)] })).toEqual([
      {
        path: 'students',
        title: 'Students',
        part: 'Students',
        values: ['no defense, Shuffling Vaccine', 'Shuffling Vaccine'],
      },
      {
        path: 'students.1.defenses.0.params.coefficient',
        title: 'Coefficient',
        part: 'Shuffling Vaccine',
        values: ['1', '2'],
      },
    ])
  })

  it('of models has only what concerns them', () => {
    const config = configOf({
      students: [1, 2].map((coefficient) => ({ defenses: [{ id: 'sv', params: { coefficient } }] })),
      recording: { evaluateEvery: 10 },
    })
    const other = configOf({
      recording: { evaluateEvery: 20 },
      distillation: { method: { params: { temperature: 4 } } },
    })
    expect(
      configurationDiff(
        [0, 1].map((index) => ({ config, model: student(index) })),
        table,
      ).rows,
    ).toEqual([
      { path: 'defenses.sv.coefficient', title: 'Coefficient', part: 'Shuffling Vaccine', values: ['1', '2'] },
    ])
    expect(
      configurationDiff(
        [config, other].map((one) => ({ config: one, model: { kind: 'teacher', index: 0 } as const })),
        table,
      ).rows,
    ).toEqual([])
  })

  it('of a teacher from a file leaves out how one is trained', () => {
    const paths = diff({}, { teacher: { source: 'file', file: '/a.pth' } }).map(({ path }) => path)
    expect(paths).toContain('teacher.file')
    expect(
      diff({ teacher: { source: 'file', file: '/a.pth' } }, {}).find(({ path }) => path === 'poisoning.ratio')?.values,
    ).toEqual([null, '0.1'])
  })
})
