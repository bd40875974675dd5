/** What defenses on the finished student say before anything is trained, and what privileged ones are called. */
import { describe, expect, it } from 'vitest'
import { costs } from '../../../src/main/engine/control/experiments/costs'
import { families } from '../../../src/main/engine/control/experiments/families'
import { memberTable } from '../../../src/main/engine/control/experiments/memberTable'
import { resolveExperiment } from '../../../src/main/engine/control/experiments/resolve'
import { workOfStage } from '../../../src/main/engine/control/experiments/stageWork'
import { defenses } from '../../../src/main/engine/families/defenses'
import { keptChannels } from '../../../src/main/engine/families/defenses/finePruning/channels'
import { lengthOf } from '../../../src/main/engine/protocol/plans'
import { isPrivileged, type StudentPlan } from '../../../src/shared/domain'

const table = memberTable(families)
const plan = (...ids: string[]): StudentPlan => ({ defenses: ids.map((id) => ({ id, params: {} })) })

describe('a student with a defense that works on it when it is finished', () => {
  it('is distilled as one without it, and goes on from that one’s end', () => {
    expect(lengthOf(plan('fp'), 100)).toEqual({ total: 100, prefix: { defenses: [], steps: 100 } })
    expect(lengthOf(plan('sv', 'ibau'), 100)).toEqual({
      total: 100,
      prefix: { defenses: plan('sv').defenses, steps: 100 },
    })
    expect(costs.range([plan(), plan('fp')], 1, 100)).toEqual({ start: 100, total: 100 })
  })

  it('takes as long as what is done to it, beside its evaluation', () => {
    const students = [plan(), plan('fp'), plan('ibau')]
    const { config } = resolveExperiment({ students: students.map((entry) => ({ ...entry })) }, table)
    const work = students.map((_, index) => workOfStage(config, { kind: 'student', index }, costs).multiplyAdds)
    const [undefended = 0, pruned = 0, unlearned = 0] = work
    expect(pruned).toBeGreaterThan(0)
    expect(pruned).toBeLessThan(undefended)
    expect(unlearned).toBeGreaterThan(0)
    const longer = { ...config, students: [plan(), { defenses: [{ id: 'fp', params: { steps: 2000 } }] }] }
    expect(workOfStage(longer, { kind: 'student', index: 1 }, costs).multiplyAdds).toBeGreaterThan(2 * pruned)
  })
})

it('fine-pruning cuts off the least active channels, of equal ones the first', () => {
  expect([...keptChannels([3, 1, 2, 1, 0], 0)]).toEqual([1, 1, 1, 1, 1])
  expect([...keptChannels([3, 1, 2, 1, 0], 2)]).toEqual([1, 0, 1, 1, 0])
  expect([...keptChannels([3, 1, 2, 1, 0], 3)]).toEqual([1, 0, 1, 0, 0])
})

describe('a privileged defense', () => {
  it('is called so by every name that it has', () => {
    for (const { privileged, title, short } of defenses.members)
      for (const name of [title, short ?? title]) expect(name.endsWith('(privileged)'), name).toBe(privileged === true)
  })

  it('and methods on real images make a student privileged', () => {
    const find: Parameters<typeof isPrivileged>[0] = (family, id) => table.find(family, id)
    expect(isPrivileged(find, { method: 'zskt', defense: 'sv+ibau' })).toBe(true)
    expect(isPrivileged(find, { method: 'kd', defense: 'none' })).toBe(true)
    expect(isPrivileged(find, { method: 'zskt', defense: 'sv+fp' })).toBe(false)
    expect(isPrivileged(find, { method: null, defense: null })).toBe(false)
  })
})
