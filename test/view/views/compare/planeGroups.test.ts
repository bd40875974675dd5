import { describe, expect, it } from 'vitest'
import type { TableValues } from '@shared/domain'
import { mixedCondition } from '@renderer/charts/plane/points'
import { groupedPlane, meanCross } from '@renderer/views/compare/planeGroups'
import { hollowRows } from '@renderer/views/compare/usePlane'

const values: TableValues = {
  matching: 5,
  total: 5,
  faults: [],
  keys: ['a', 'b', 'c', 'd', 'e'],
  conditions: Int32Array.of(1, 1, 1, 2, 3),
  columns: {
    accuracy: Float64Array.of(0.7, 0.72, 0.1, 0.5, NaN),
    asr: Float64Array.of(0.1, 0.2, 0, 0.4, NaN),
    attack: ['blend', 'blend', 'blend', 'patch', null],
    target: Float64Array.of(0, 0, 0, 0, NaN),
    health: [null, '', 'stalled\ndeadStudent', 'stoppedEarly', null],
  },
}

describe('models in groups', () => {
  const { points, groups } = groupedPlane(values, ['attack'], hollowRows(values))
  it('stand at the means of those that count', () => {
    expect(points.keys).toHaveLength(2)
    expect(points.accuracy[0]).toBeCloseTo(0.71)
    expect(points.asr[0]).toBeCloseTo(0.15)
    const [blend] = [...groups.values()]
    expect(blend).toMatchObject({ labels: ['blend'], members: ['a', 'b', 'c'], leftOut: 1 })
  })
  it('have the t interval of two or more, none of one', () => {
    const [blend, patch] = [...groups.values()].map(meanCross)
    expect(blend?.accuracy?.low).toBeLessThan(0.7)
    expect(patch?.accuracy).toBeNull()
  })
  it('look like their models where these are of one condition', () => {
    expect([...points.conditions]).toEqual([1, 2])
    const all = groupedPlane(values, ['target'], () => false).points
    expect(all.conditions[0]).toBe(mixedCondition)
  })
})
