import { describe, expect, it } from 'vitest'
import { isDemonstrated, measuredRange, slowestSeconds, type ExperimentConfig } from '../../../src/shared/domain'

describe('what was measured of a demonstration', () => {
  const config = { teacher: { training: { epochs: 12, flip: false } }, students: [{ defenses: [] }] }
  const run = { ...config, name: 'A, seed 3', seed: 3, execution: { threads: 1 } }
  const isOf = (changed: object): boolean =>
    isDemonstrated({ ...run, ...changed } as unknown as ExperimentConfig, { config })

  it('is true of a run that has it all, whatever its name, seed and the rest', () => expect(isOf({})).toBe(true))
  it('is not of one with another value, a student more, or without a part', () => {
    expect(isOf({ teacher: { training: { epochs: 12, flip: true } } })).toBe(false)
    expect(isOf({ students: [{ defenses: [] }, { defenses: [] }] })).toBe(false)
    expect(isOf({ students: undefined })).toBe(false)
  })
})

it('tells least and most of a model over the seeds, and nothing where none was measured', () => {
  const rates = (accuracy: number, asr: number) => ({ accuracy, asr })
  const measured = [
    { seed: 0, seconds: 1, teacher: rates(1, 0.9), students: [rates(0.8, 0.5)] },
    { seed: 1, seconds: 1, teacher: rates(0.9, 1), students: [rates(0.9, 0.1)] },
  ]
  expect(measuredRange({ measured }, null)).toEqual({ accuracy: { least: 0.9, most: 1 }, asr: { least: 0.9, most: 1 } })
  expect(measuredRange({ measured }, 0)?.asr).toEqual({ least: 0.1, most: 0.5 })
  expect(measuredRange({ measured: [] }, 0)).toBeNull()
})

it('takes the longest of the runs that were timed', () => {
  const rates = { accuracy: 1, asr: 1 }
  const run = (seconds: number | null) => ({ seed: 0, seconds, teacher: rates, students: [] })
  expect(slowestSeconds({ measured: [run(3), run(null), run(7)] })).toBe(7)
  expect(slowestSeconds({ measured: [run(null)] })).toBeNull()
})
