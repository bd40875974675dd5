import { describe, expect, it } from 'vitest'
import { families } from '../../../../src/main/engine/control/experiments/families'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { memberIssues } from '../../../../src/main/engine/control/experiments/memberIssues'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'

const table = memberTable(families)
const issuesIn = (config: PartialExperimentConfig) => memberIssues(resolveExperiment(config, table).config)
const issuesOf = (testBatches: number, pseudoBatches = 60) =>
  issuesIn({
    distillation: { method: { id: 'zskt', params: { pseudoBatches } } },
    students: [{ defenses: [] }, { defenses: [{ id: 'sv', params: { testBatches } }] }],
  })

describe('the selection test of the Shuffling Vaccine', () => {
  it.each([0, 12, 50, 59])('may come after %i of 60 pseudo batches', (testBatches) => {
    expect(issuesOf(testBatches)).toEqual([])
  })
  it.each([1, 11, 60, 500])('is refused after %i: nothing would be pooled, or it would never come', (testBatches) => {
    expect(issuesOf(testBatches)).toEqual([
      {
        path: 'students.1.defenses.0.params.testBatches',
        severity: 'error',
        message: `wanted 0 (no selection test) or 12 to 59: images are pooled from pseudo batch 12 on and the decision must come before pseudo batch 60; got ${testBatches}`,
      },
    ])
  })
  it('counts synthesis steps where a pseudo batch is made of many', () => {
    const issues = (testBatches: number) =>
      issuesIn({
        distillation: { method: { id: 'cmi', params: { pseudoBatches: 3, synthesisSteps: 40 } } },
        students: [{ defenses: [{ id: 'sv', params: { testBatches } }] }],
      }).map(({ message }) => message)
    expect(issues(80)).toEqual([])
    expect(issues(81)).toEqual([expect.stringContaining('or 12 to 80: images are pooled from synthesis step 12 on')])
  })
  it('knows the length of a method that counts epochs', () => {
    const issues = (testBatches: number) =>
      issuesIn({
        distillation: { method: { id: 'ood', params: { patches: 100, batchSize: 10, epochs: 3 } } },
        students: [{ defenses: [{ id: 'sv', params: { testBatches } }] }],
      }).map(({ message }) => message)
    expect(issues(29)).toEqual([])
    expect(issues(30)).toEqual([
      expect.stringContaining(
        'or 12 to 29: images are pooled from pseudo batch 12 on and the decision must come before pseudo batch 30',
      ),
    ])
  })
  it('asks for a longer distillation where none is long enough', () => {
    expect(issuesOf(12, 10)[0]?.message).toContain('or a longer distillation')
  })
})

describe('a teacher without channels to shuffle', () => {
  const issuesOfTeacher = (id: string, defenses: readonly string[]) =>
    resolveExperiment(
      {
        teacher: { architecture: { id } },
        students: [{ defenses: [] }, { defenses: defenses.map((defense) => ({ id: defense })) }],
      },
      table,
    ).issues.filter(({ severity }) => severity === 'error')

  it('is refused where the Shuffling Vaccine would shuffle them, before it is trained', () => {
    expect(issuesOfTeacher('vit', ['sr', 'sv'])).toEqual([
      expect.objectContaining({
        path: 'students.1.defenses.1.id',
        message: 'wanted a teacher with convolutions behind its first layer, whose channels it can shuffle, got vit',
      }),
    ])
    expect(issuesOfTeacher('vit', ['sr'])).toEqual([])
    expect(issuesOfTeacher('mobilenet_v3', ['sv'])).toEqual([])
  })
})
