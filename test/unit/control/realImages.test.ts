import { describe, expect, it } from 'vitest'
import { memberTable, resolveExperiment } from '../../../src/main/engine/control/resolve'
import { families } from '../../../src/main/engine/control/families'
import { kdNormalization } from '../../../src/main/engine/distillation/kd'

const table = memberTable(families)
const issuesWith = (method: string) => resolveExperiment({
  distillation: { method: { id: method } }, students: [{ defenses: [] }, { defenses: [{ id: 'sr' }, { id: 'sv' }] }],
}, table).issues.filter(({ path }) => path.startsWith('students'))

describe('the baseline with real images', () => {
  it('warns that a defense of the synthesis has nothing to act on, and names it', () => {
    expect(issuesWith('kd')).toEqual([{ path: 'students.1.defenses.1.id', severity: 'warning', message: expect.stringContaining('no effect with kd') }])
    expect(issuesWith('zskt')).toEqual([])
  })
  it('normalises with the data set’s deviations unless the reference’s are asked for, grey images always', () => {
    const cifar = { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.2010] }
    const grey = { mean: [0.1307], standardDeviation: [0.3081] }
    expect(kdNormalization(cifar, false)).toEqual(cifar)
    expect(kdNormalization(cifar, true)).toEqual({ mean: cifar.mean, standardDeviation: [0.247, 0.243, 0.261] })
    expect(kdNormalization(grey, true)).toEqual(grey)
  })
})
