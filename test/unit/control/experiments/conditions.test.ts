import { describe, expect, it } from 'vitest'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { createConditions } from '../../../../src/main/engine/control/experiments/conditions'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { teacherCondition } from '../../../../src/shared/domain'

const table = memberTable(families)
const conditionsOf = (...students: readonly unknown[]) => {
  const numbers = new Map<string, number>()
  const conditionOf = createConditions(table, (key) => {
    numbers.set(key, numbers.get(key) ?? numbers.size)
    return numbers.get(key) ?? -1
  })
  const { config, issues } = resolveExperiment({ students: students.map((defenses) => ({ defenses })) }, table)
  expect(issues.filter(({ severity }) => severity === 'error')).toEqual([])
  return config.students.map((_, index) => conditionOf(config, { kind: 'student', index }))
}

describe('conditions of models', () => {
  it('tell methods, defenses and what their defenses have set, in the order in which they came', () => {
    const [plain, vaccine, stronger] = conditionsOf([], [{ id: 'sv' }], [{ id: 'sv', params: { coefficient: 2 } }])
    expect([plain, vaccine, stronger].map((one) => one?.condition)).toEqual([
      { key: 'zskt', number: 0 },
      { key: 'zskt+sv', number: 1 },
      { key: 'zskt+sv(coefficient=2)', number: 2 },
    ])
  })

  it('are one for defenses in another order, and for a default that is written out', () => {
    const [one, other] = conditionsOf(
      [{ id: 'sv' }, { id: 'sr' }],
      [{ id: 'sr', params: { takeover: 600 } }, { id: 'sv' }],
    )
    expect(one?.condition).toEqual(other?.condition)
    expect(one?.condition.key).toBe('zskt+sr+sv')
  })

  it('measure a defense by what it has by default with this method', () => {
    const conditionOf = createConditions(table, () => 0)
    const { config } = resolveExperiment(
      { distillation: { method: { id: 'cmi' } }, students: [{ defenses: [{ id: 'sr' }] }] },
      table,
    )
    expect(conditionOf(config, { kind: 'student', index: 0 })?.condition.key).toBe('cmi+sr')
  })

  it('come with the settings that show', () => {
    const [, vaccine] = conditionsOf([], [{ id: 'sv' }])
    expect(vaccine?.settings).toMatchObject({ 'sv.coefficient': 0.1, 'sv.members': 3 })
    // Its trials count only with a selection test.
    expect(vaccine?.settings).not.toHaveProperty('sv.trials')
  })

  it('are one for all teachers, and none for data', () => {
    const { config } = resolveExperiment({}, table)
    const conditionOf = createConditions(table, () => 7)
    expect(conditionOf(config, { kind: 'teacher', index: 0 })).toEqual({ condition: teacherCondition, settings: {} })
    expect(conditionOf(config, { kind: 'data', index: 0 })).toBeUndefined()
  })
})
