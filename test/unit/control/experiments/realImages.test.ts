import { describe, expect, it } from 'vitest'
import { resolveExperiment } from '../../../../src/main/engine/control/experiments/resolve'
import { memberIssues } from '../../../../src/main/engine/control/experiments/memberIssues'
import { memberTable } from '../../../../src/main/engine/control/experiments/memberTable'
import { families } from '../../../../src/main/engine/control/experiments/families'
import type { PartialExperimentConfig } from '../../../../src/shared/domain'
import { kdNormalization } from '../../../../src/main/engine/families/distillation/cleanKd'

const table = memberTable(families)
const issuesOf = (config: PartialExperimentConfig) => memberIssues(resolveExperiment(config, table).config)
const issuesWith = (method: string) =>
  issuesOf({
    distillation: { method: { id: method } },
    students: [{ defenses: [] }, { defenses: [{ id: 'sr' }, { id: 'sv' }] }],
  })

describe('the baseline with real images', () => {
  it('warns that a defense of the synthesis has nothing to act on, and names it', () => {
    expect(issuesWith('kd')).toEqual([
      { path: 'students.1.defenses.1.id', severity: 'warning', message: expect.stringContaining('no effect with kd') },
    ])
    expect(issuesWith('zskt')).toEqual([])
  })
  it('normalises with the data set’s deviations unless the reference’s are asked for on CIFAR-10; other sets keep theirs', () => {
    const cifar = { mean: [0.4914, 0.4822, 0.4465], standardDeviation: [0.2023, 0.1994, 0.201] }
    const grey = { mean: [0.1307], standardDeviation: [0.3081] }
    expect(kdNormalization(cifar, false, 'cifar10')).toEqual(cifar)
    expect(kdNormalization(cifar, true, 'cifar10')).toEqual({
      mean: cifar.mean,
      standardDeviation: [0.247, 0.243, 0.261],
    })
    expect(kdNormalization(grey, true, 'mnist')).toEqual(grey)
    const svhn = { mean: [0.438, 0.444, 0.473], standardDeviation: [0.198, 0.201, 0.197] }
    expect(kdNormalization(svhn, true, 'svhn')).toEqual(svhn)
  })
  it('says that the reference’s normalisation has no effect on another set than CIFAR-10', () => {
    const issuesOn = (data: string) =>
      issuesOf({
        data: { id: data },
        distillation: { method: { id: 'kd', params: { referenceNormalization: true } } },
        students: [{ defenses: [] }],
      })
    expect(issuesOn('cifar10')).toEqual([])
    expect(issuesOn('signs')).toEqual([
      {
        path: 'distillation.method.params.referenceNormalization',
        severity: 'warning',
        message: 'has no effect on signs: the reference normalises only cifar10 so',
      },
    ])
  })
})
