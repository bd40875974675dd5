import { describe, expect, it } from 'vitest'
import { followsPreset, measuredRange } from '../../../src/shared/domain'

describe('a configuration and its preset', () => {
  const preset = { name: 'A', teacher: { training: { epochs: 12 } }, students: [{ defenses: [] }] }
  const config = {
    name: 'A, seed 3',
    seed: 3,
    teacher: { training: { epochs: 12, flip: false } },
    students: [{ defenses: [] }],
  }

  it('agree where all that the preset names is so, whatever the name and the rest', () =>
    expect(followsPreset(config, preset)).toBe(true))
  it('differ in a value, in a student more, and in what is not there', () => {
    expect(followsPreset({ ...config, teacher: { training: { epochs: 3 } } }, preset)).toBe(false)
    expect(followsPreset({ ...config, students: [{ defenses: [] }, { defenses: [] }] }, preset)).toBe(false)
    expect(followsPreset({ ...config, students: undefined }, preset)).toBe(false)
    expect(followsPreset(null, preset)).toBe(false)
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
