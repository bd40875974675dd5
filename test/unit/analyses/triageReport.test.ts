import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { calibration } from '../../../src/main/engine/families/analyses/triage/evidence'
import { calibrated } from '../../triage/calibrate'
import { casesOf } from '../../triage/cases'
import { reportOf, type Triaged } from '../../triage/report'

describe('the calibration', () => {
  it('makes scores whose sums are those of the targets, as maximum likelihood does', () => {
    const labelled = [0.02, 0.1, 0.3, 0.05, 0.2, 0.5].map((value, row) => ({ value, isPoisoned: row > 2 }))
    const { intercept, slope } = calibrated(labelled)
    const errors = labelled.map(({ value, isPoisoned }) => ({
      value,
      error: 1 / (1 + Math.exp(-(intercept + slope * value))) - (isPoisoned ? 4 / 5 : 1 / 5),
    }))
    expect(errors.reduce((sum, { error }) => sum + error, 0)).toBeCloseTo(0, 6)
    expect(errors.reduce((sum, { error, value }) => sum + error * value, 0)).toBeCloseTo(0, 6)
    expect(slope).toBeGreaterThan(0)
  })
  it('has an end where both sides do not overlap', () => {
    const labelled = [0, 0.05, 0.4, 0.5].map((value) => ({ value, isPoisoned: value > 0.1 }))
    expect(calibrated(labelled).slope).toBeLessThan(100)
  })
  it('in the score is that of the teachers in docs/seeing.md', () => {
    const text = readFileSync(join(import.meta.dirname, '../../../docs/seeing.md'), 'utf8')
    const rows = text.matchAll(/^\| (?<id>\w+-\d+) \|.*\| (?<lead>\d\.\d\d) \|$/gm)
    const labelled = [...rows].map(({ groups }) => ({
      isPoisoned: groups?.id?.startsWith('clean') === false,
      value: Number(groups?.lead),
    }))
    expect(labelled).toHaveLength(25)
    const { intercept, slope } = calibrated(labelled)
    expect([intercept.toFixed(2), slope.toFixed(1)]).toEqual([
      calibration.intercept.toFixed(2),
      calibration.slope.toFixed(1),
    ])
  })
})

it('cases come in turn, clean and poisoned with seeds of their own', () => {
  const cases = casesOf({ seeds: 3, clean: 10 })
  expect(cases).toHaveLength(25)
  expect(new Set(cases.map(({ id }) => id)).size).toBe(25)
  expect(cases.filter(({ ratio }) => ratio === 0).every(({ seed }) => seed >= 10)).toBe(true)
})

it('the report says area, how many are told, and the rank of the target', () => {
  const titles = ['Class', 'Score', 'Lead', 'Ease', 'Norm at 90 %', 'log₁₀ KL, shuffled', 'Batch norm', 'Of noise']
  const teacher = (id: string, ratio: number, eases: readonly number[]): Triaged => ({
    ...{ id, ratio, target: 0, seed: 0, targetName: 'a', attack: { id: 'blend', params: {} } },
    rates: { accuracy: 0.99, asr: 0.9 },
    tables: {
      inverted: {
        columns: titles.map((title) => ({ title })),
        rows: eases.map((ease, row) => [['a', 'b'][row] ?? '', 0.5, 0, ease, 2, -1, 3, 0.1]),
      },
    },
  })
  const found = [teacher('blend-0', 0.1, [0.9, 0.2]), teacher('clean-10', 0, [0.3, 0.25])]
  const report = reportOf(found, ['inverted'])
  expect(report).toContain('1 poisoned and 1 clean teachers')
  expect(report).toMatch(/Lead in ease: the score \| 1\.00 \[.*\] \| 1 of 1 \| 1 of 1 \|/)
  expect(report).toContain('| blend-0 | 99.0 | 90.0 | a (1) | a | 2.00 | 0.90 | 0.00 |')
})
