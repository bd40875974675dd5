import { describe, expect, it } from 'vitest'
import { memberMetrics } from '../../../src/main/engine/control/experiments/families'
import { metricDefinitions } from '../../../src/shared/domain'
import { currentNames, metricsOfMembers, type MetricDefinition } from '../../../src/shared/schema'

const metric = (...formerly: string[]): MetricDefinition => ({
  title: 'T',
  definition: 'D',
  unit: '',
  group: 'loss',
  formerly,
})

describe('metrics of members', () => {
  it('are named by member and metric', () => {
    expect(Object.keys(metricsOfMembers([{ id: 'a', metrics: { x: metric() } }, { id: 'b' }]))).toEqual(['a.x'])
  })

  it('may not claim one former name twice, nor one that is in use', () => {
    expect(() => currentNames({ 'a.x': metric('old'), 'b.x': metric('old') })).toThrow('were called old')
    expect(() => currentNames({ 'a.x': metric('b.x'), 'b.x': metric() })).toThrow('were called b.x')
  })

  it('of all members have a definition, and every name of version 0.1 leads to one', () => {
    for (const { title, definition } of Object.values(memberMetrics)) {
      expect(title.length).toBeGreaterThan(2)
      expect(definition.length).toBeGreaterThan(10)
    }
    expect(Object.fromEntries(currentNames({ ...metricDefinitions, ...memberMetrics }))).toMatchObject({
      svPenalty: 'sv.penalty',
      svMaskRate: 'sv.maskRate',
      svTailRatio: 'sv.tailRatio',
      svCoefficient: 'sv.coefficient',
      srOuterLoss: 'sr.outerLoss',
      srPerturbationNorm: 'sr.perturbationNorm',
      batchNormLoss: 'batchNorm.loss',
      oneHotLoss: 'oneHot.loss',
      balanceLoss: 'balance.loss',
      'loss.disagreement': 'disagreement.loss',
      'loss.contrastive': 'contrastive.loss',
      'loss.activation': 'activation.loss',
      'loss.variation': 'variation.loss',
      'loss.norm': 'norm.loss',
    })
  })
})
