import { describe, expect, it } from 'vitest'
import { families } from '../../../src/main/engine/control/families'
import { memberTable, resolveExperiment } from '../../../src/main/engine/control/resolve'

const table = memberTable(families)
const issuesOf = (testBatches: number, pseudoBatches = 60) => resolveExperiment({
  distillation: { method: { id: 'zskt', params: { pseudoBatches } } }, students: [{ defenses: [] }, { defenses: [{ id: 'sv', params: { testBatches } }] }],
}, table).issues

describe('the selection test of the Shuffling Vaccine', () => {
  it.each([0, 12, 50, 59])('may come after %i of 60 pseudo batches', (testBatches) => {
    expect(issuesOf(testBatches)).toEqual([])
  })
  it.each([1, 11, 60, 500])('is refused after %i: nothing would be pooled, or it would never come', (testBatches) => {
    expect(issuesOf(testBatches)).toEqual([{
      path: 'students.1.defenses.0.params.testBatches', severity: 'error',
      message: `wanted 0 (no selection test) or 12 to 59: images are pooled from pseudo batch 12 on and the decision must come before pseudo batch 60; got ${testBatches}`,
    }])
  })
  it('counts synthesis steps where a pseudo batch is made of many', () => {
    const issues = (testBatches: number) => resolveExperiment({
      distillation: { method: { id: 'cmi', params: { pseudoBatches: 3, synthesisSteps: 40 } } }, students: [{ defenses: [{ id: 'sv', params: { testBatches } }] }],
    }, table).issues.filter(({ path }) => path.includes('testBatches')).map(({ message }) => message)
    expect(issues(80)).toEqual([])
    expect(issues(81)).toEqual([expect.stringContaining('or 12 to 80: images are pooled from synthesis step 12 on')])
  })
  it('asks for a longer distillation where none is long enough', () => {
    expect(issuesOf(12, 10)[0]?.message).toContain('or a longer distillation')
  })
})
