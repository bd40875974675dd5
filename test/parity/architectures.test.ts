/**
 * Every architecture against PyTorch's definition of it; needs no reference folder: see
 * fixtures/parity/make_architectures.py.
 */
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures, trainableArchitectures } from '../../src/main/engine/families/architectures'
import { fileShapeOf } from '../../src/main/engine/weights/network'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { defaultsOf } from '../../src/shared/schema'
import { expectAsInPyTorch } from './architectureCase'
import { architectureCases, usualMove } from './cases'

const cases = architectureCases()

beforeAll(async () => {
  await startTensorFlow()
})

describe('architectures against PyTorch', () => {
  it.each(Object.entries(cases))('%s', (_name, wanted) => {
    expectAsInPyTorch(wanted, (quantity) => usualMove(cases, quantity))
  })

  it.each(trainableArchitectures.map((member) => [member.id, member] as const))(
    '%s: the count of parameters is that of the network, its outline has its names and shapes, and nothing is left behind',
    (_id, member) => {
      const problem = { classes: 7, channels: 3, height: 32, width: 32 }
      const params = defaultsOf(member.params)
      const before = tf.memory().numTensors
      const network = member.create(params, { ...problem, stream: createStream(1, 'count') })
      const { parameters, multiplyAdds } = member.cost(params, problem)
      expect(network.parameters.reduce((total, { variable }) => total + variable.size, 0)).toBe(parameters)
      expect(multiplyAdds).toBeGreaterThan(parameters / 2)
      const shapes = [...network.parameters, ...network.buffers].map(
        (parameter) => [parameter.name, fileShapeOf(parameter)] as const,
      )
      expect(Object.fromEntries(member.outline(params, problem).shapes)).toEqual(Object.fromEntries(shapes))
      tf.tidy(() => {
        const { logits } = network.forward(tf.zeros([2, 32, 32, 3]), {
          training: true,
          updates: [],
          dropoutSeed: tf.tensor1d([1, 2], 'int32'),
        })
        expect(logits.shape).toEqual([2, 7])
        expect([...logits.dataSync()].every(Number.isFinite)).toBe(true)
      })
      network.dispose()
      expect(tf.memory().numTensors).toBe(before)
      expect(member.label(params).length).toBeGreaterThan(3)
    },
  )

  it('WRN-16-2 costs what its layers add up to', () => {
    // The first layer, then per stage four convolutions and a shortcut, then the logits.
    const activations = 16 * 32 ** 2 + 5 * (32 * 32 ** 2 + 64 * 16 ** 2 + 128 * 8 ** 2) + 10
    expect(
      architectures.get('wrn').cost({ depth: 16, width: 2 }, { classes: 10, channels: 3, height: 32, width: 32 }),
    ).toEqual({ parameters: 691674, multiplyAdds: 101106944, activations })
  })
  it.each([
    ['wrn', { depth: 15, width: 1 }],
    ['cifar_resnet', { depth: 21, width: '1', shortcut: 'projection' }],
  ])('%s refuses a depth that does not exist', (id, params) => {
    expect(() => architectures.get(id).cost(params, { classes: 10, channels: 3, height: 32, width: 32 })).toThrow(
      /depth/,
    )
  })
})
