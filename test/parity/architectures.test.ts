/**
 * Every architecture against PyTorch's definition of it; needs no reference folder: see
 * fixtures/parity/make_architectures.py.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { architectures } from '../../src/main/engine/families/architectures'
import { toFloat32, type WeightMap, type WeightTensor } from '../../src/main/engine/weights/weightMap'
import { applyUpdates, differentiate, type Parameter } from '../../src/main/engine/maths/nn'
import { fileShapeOf, loadWeights, weightsOf } from '../../src/main/engine/weights/network'
import { sum } from '../../src/main/engine/maths/ops'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { defaultsOf } from '../../src/shared/schema'
import { hashed, hashedWeights } from '../fixtures/hashed'
import { channelsFirst, inFileOrder, length, relativeDistance } from './golden'
import { boundFrom, boundOf, expectWithin, roundingBound, sensitivityOf } from './tolerances'

/** The output of a block: entries at hashed positions, and the length of the whole. */
interface Block {
  norm: number
  samples: number[]
}
interface Case {
  architecture: string
  params: Record<string, string | number | boolean>
  shape: [number, number, number, number]
  classes: number
  eval: number[]
  train: number[]
  gradients: Record<string, number>
  buffers: Record<string, number>
  gradientSamples: Record<string, number[]>
  evalBlocks: Block[]
  trainBlocks: Block[]
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/parity/architectures.json'), 'utf8'),
) as Record<string, Case>

beforeAll(async () => {
  await startTensorFlow()
})

/** Those of fixtures/hashed.ts, and counts of 7 batches. */
const startWeights = (parameters: readonly Parameter[]): WeightMap =>
  new Map([
    ...hashedWeights(parameters),
    ...parameters
      .filter(({ layout }) => layout === 'count')
      .map((parameter): [string, WeightTensor] => [
        parameter.name,
        { dtype: 'int64', shape: fileShapeOf(parameter), data: BigInt64Array.from([7n]) },
      ]),
  ])

/** Entries at the positions floor(u · size), u hashes of the name. */
function sampled(name: string, values: Float32Array, count: number): number[] {
  return Array.from(
    hashed(`positions of ${name}`, count, 0.5, 0.5),
    (u) => values[Math.min(values.length - 1, Math.floor(u * values.length))] ?? NaN,
  )
}

/**
 * What half of the networks move. A kink that a case's own runs did not meet may be met on another processor, so that
 * no bound of a gradient is below it.
 */
function usualMove(quantity: string): number {
  const moves = Object.keys(cases).map((name) => sensitivityOf('architectures', name, quantity))
  return moves.sort((a, b) => a - b)[Math.floor(moves.length / 2)] ?? NaN
}

function expectBlocks(activations: readonly tf.Tensor4D[], wanted: readonly Block[], bound: number): void {
  expect(activations).toHaveLength(wanted.length)
  wanted.forEach(({ norm, samples }, index) => {
    const got = channelsFirst(activations[index] as tf.Tensor4D)
    expectWithin(relativeDistance(sampled(`block ${index}`, got, samples.length), samples), bound, `block ${index}`)
    expectWithin(Math.abs(length(got) / norm - 1), bound, `block ${index}, length`)
  })
}

describe('architectures against PyTorch', () => {
  it.each(Object.entries(cases))('%s', (name, { architecture, params, shape, classes, ...wanted }) => {
    const [count, channels, height, width] = shape
    const problem = { classes, channels, height, width }
    const network = architectures.get(architecture).create(params, { ...problem, stream: createStream(1, 'parity') })
    loadWeights(network, startWeights([...network.parameters, ...network.buffers]))
    expect(network.parameters.map(({ name }) => name)).toEqual(Object.keys(wanted.gradients))
    const bound = (quantity: string): number => boundOf('architectures', name, quantity)
    const gradientBound = (quantity: string): number =>
      boundFrom(Math.max(sensitivityOf('architectures', name, quantity), usualMove(quantity)))
    const images = tf.tidy(() =>
      tf.transpose(tf.tensor4d(hashed('images', count * channels * height * width, 0, 1.7), shape), [0, 2, 3, 1]),
    )
    tf.tidy(() => {
      const evaluated = network.forward(images, { training: false })
      expectWithin(relativeDistance(evaluated.logits.dataSync(), wanted.eval), bound('eval'), 'logits in evaluation')
      expectBlocks(evaluated.activations, wanted.evalBlocks, bound('blocks'))
      const coefficients = tf.tensor2d(hashed('loss', count * classes, 0, 1), [count, classes])
      const result = differentiate(network.parameters, (updates) => {
        const { logits, activations } = network.forward(images, { training: true, updates })
        return {
          loss: sum<tf.Scalar>(tf.mul(logits, coefficients)),
          outputs: {
            logits,
            ...Object.fromEntries(activations.map((activation, index) => [`block${index}`, activation])),
          },
        }
      })
      const { logits, ...blocks } = result.outputs as Record<string, tf.Tensor> & { logits: tf.Tensor }
      expectWithin(relativeDistance(logits.dataSync(), wanted.train), bound('train'), 'logits in training')
      expectBlocks(Object.values(blocks) as tf.Tensor4D[], wanted.trainBlocks, bound('blocks'))
      const gradients = network.parameters.map((parameter, index) =>
        inFileOrder(parameter, result.gradients[index] as tf.Tensor),
      )
      const largest = Math.max(...gradients.map(length))
      network.parameters.forEach((parameter, index) => {
        const gradient = gradients[index] ?? new Float32Array()
        const reference = wanted.gradients[parameter.name] ?? NaN
        // A bias before batch norm has no gradient but rounding.
        const rounding = roundingBound * largest
        expectWithin(
          Math.abs(length(gradient) - reference),
          gradientBound('gradients') * reference + rounding,
          `gradient of ${parameter.name}, length`,
        )
        const samples = wanted.gradientSamples[parameter.name] ?? []
        const got = sampled(parameter.name, gradient, samples.length)
        const difference = length(got.map((value, entry) => value - (samples[entry] ?? NaN)))
        const size = Math.max(length(samples), reference * Math.sqrt(samples.length / gradient.length))
        expectWithin(difference, gradientBound('samples') * size + rounding, `gradient of ${parameter.name}, entries`)
      })
      applyUpdates(result.updates)
    })
    for (const [buffer, tensor] of weightsOf({ parameters: [], buffers: network.buffers })) {
      const wantedLength = wanted.buffers[buffer] ?? NaN
      expectWithin(Math.abs(length(toFloat32(tensor)) / wantedLength - 1), bound('buffers'), buffer)
    }
    images.dispose()
    network.dispose()
  })

  it.each(architectures.members.map((member) => [member.id, member] as const))(
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
    expect(
      architectures.get('wrn').cost({ depth: 16, width: 2 }, { classes: 10, channels: 3, height: 32, width: 32 }),
    ).toEqual({ parameters: 691674, multiplyAdds: 101106944 })
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
