import { describe, expect, it } from 'vitest'
import type { AttributeValue, GraphNode } from '../../../src/main/engine/graph/graphDef'
import { inFixedOrder } from '../../../src/main/engine/graph/sums'

const T: AttributeValue = { kind: 'type', value: 1 }
const kept = { T, _grappler_ArithmeticOptimizer_AddOpsRewriteStage: { kind: 'bool', value: true } }
const node = (op: string, inputs: string[], more: GraphNode['attributes'] = {}): GraphNode => ({
  name: 's/7',
  op,
  inputs,
  attributes: { T, ...more },
})

describe('sums of a captured step', () => {
  it('of many summands become sums of two, first to last, which the optimiser leaves alone', () => {
    expect(inFixedOrder(node('AddN', ['a', 'b:1', 'c', 'd'], { N: { kind: 'int', value: 4 } }))).toEqual([
      { name: 's/7/sum_0', op: 'AddV2', inputs: ['a', 'b:1'], attributes: kept },
      { name: 's/7/sum_1', op: 'AddV2', inputs: ['s/7/sum_0', 'c'], attributes: kept },
      { name: 's/7', op: 'AddV2', inputs: ['s/7/sum_1', 'd'], attributes: kept },
    ])
  })

  it.each(['Add', 'AddV2', 'AddN'])('%s of two is marked, so that it is not gathered with its neighbours', (op) => {
    expect(inFixedOrder(node(op, ['a', 'b']))).toEqual([
      { name: 's/7', op: 'AddV2', inputs: ['a', 'b'], attributes: kept },
    ])
  })

  it('of one summand is that summand', () => {
    expect(inFixedOrder(node('AddN', ['a']))).toEqual([
      { name: 's/7', op: 'Identity', inputs: ['a'], attributes: { T } },
    ])
  })

  it('leaves every other node as it is', () => {
    const product = node('Mul', ['a', 'b'])
    expect(inFixedOrder(product)).toEqual([product])
  })
})
