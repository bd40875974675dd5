/**
 * ZSKT's generator at each size of the reference against the authors' code in double precision; needs no reference
 * folder: see fixtures/parity/make_generators.py.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createZsktGenerator, zsktGeneratorCost } from '../../src/main/engine/families/architectures/generators/zskt'
import { toFloat32 } from '../../src/main/engine/weights/weightMap'
import { applyUpdates, differentiate } from '../../src/main/engine/maths/nn'
import { loadWeights, weightsOf } from '../../src/main/engine/weights/network'
import { sum } from '../../src/main/engine/maths/ops'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { hashed, hashedWeights } from '../fixtures/hashed'
import { channelsFirst, length, relativeDistance } from './golden'
import { boundOf, expectWithin, roundingBound } from './tolerances'

interface Images {
  sample: number[]
  sums: number[]
}
interface Case {
  side: number
  latent: number
  images: number
  stride: number
  eval: Images
  train: Images
  gradients: Record<string, number>
  buffers: Record<string, number>
}

const cases = JSON.parse(
  readFileSync(join(import.meta.dirname, '../fixtures/parity/generators.json'), 'utf8'),
) as Record<string, Case>

beforeAll(async () => {
  await startTensorFlow()
})

const generatorOf = (side: number, latent: number, width = 128) =>
  createZsktGenerator({ latent, width, channels: 3, height: side, imageWidth: side, stream: createStream(1, 'parity') })

describe("ZSKT's generator", () => {
  it.each(Object.entries(cases))("is the reference's at %s", (name, { side, latent, images, stride, ...wanted }) => {
    const bound = (...quantity: string[]): number => boundOf('generators', name, ...quantity)
    const generator = generatorOf(side, latent)
    loadWeights(generator, hashedWeights([...generator.parameters, ...generator.buffers]))
    expect(generator.parameters.map(({ name }) => name)).toEqual(Object.keys(wanted.gradients))
    tf.tidy(() => {
      const codes = tf.tensor2d(hashed('codes', images * latent), [images, latent])
      const coefficients = tf.transpose(
        tf.tensor4d(hashed('loss', images * 3 * side * side), [images, 3, side, side]),
        [0, 2, 3, 1],
      )
      const compare = (mode: 'eval' | 'train', output: tf.Tensor4D): void => {
        const sample = channelsFirst(output).filter((_, place) => place % stride === 0)
        expectWithin(relativeDistance(sample, wanted[mode].sample), bound(mode, 'sample'), `${mode} sample`)
        expectWithin(
          relativeDistance(tf.sum(tf.mul(output, coefficients), [1, 2]).dataSync(), wanted[mode].sums),
          bound(mode, 'sums'),
          `${mode} sums`,
        )
      }
      compare('eval', generator.forward(codes, { training: false }))
      const result = differentiate(generator.parameters, (updates) => {
        const output = generator.forward(codes, { training: true, updates })
        return { loss: sum<tf.Scalar>(tf.mul(output, coefficients)), outputs: { output } }
      })
      compare('train', result.outputs.output)
      const norms = result.gradients.map((gradient) => length(gradient.dataSync()))
      const largest = Math.max(...norms)
      generator.parameters.forEach((parameter, index) => {
        const reference = wanted.gradients[parameter.name] ?? NaN
        // A bias before batch norm has no gradient but rounding.
        expectWithin(
          Math.abs((norms[index] ?? NaN) - reference),
          bound('gradients') * reference + roundingBound * largest,
          `gradient of ${parameter.name}`,
        )
      })
      applyUpdates(result.updates)
    })
    const buffers = [...weightsOf({ parameters: [], buffers: generator.buffers })].map(
      ([name, tensor]) => [name, length(toFloat32(tensor))] as const,
    )
    const statistics = buffers.filter(([name]) => !name.endsWith('num_batches_tracked'))
    expect(statistics.map(([buffer]) => buffer)).toEqual(Object.keys(wanted.buffers))
    for (const [buffer, norm] of statistics)
      expectWithin(Math.abs(norm / (wanted.buffers[buffer] ?? NaN) - 1), bound('buffers'), buffer)
    for (const [buffer, count] of buffers.filter(([other]) => other.endsWith('num_batches_tracked')))
      expect(count, buffer).toBe(1)
    generator.dispose()
  })

  it.each([
    [8, 16],
    [128, 16],
    [130, 28],
    [201, 28],
    [256, 28],
  ])(
    'makes images of %i pixels with %i parameters, costs what its layers add up to and leaves nothing behind',
    (side, parameters) => {
      const before = tf.memory().numTensors
      const generator = generatorOf(side, 3, 6)
      expect(generator.parameters).toHaveLength(parameters)
      tf.tidy(() => {
        expect(generator.forward(tf.zeros([2, 3]), { training: true, updates: [] }).shape).toEqual([2, side, side, 3])
      })
      const cost = zsktGeneratorCost({ latent: 3, width: 6, channels: 3, height: side, imageWidth: side })
      expect(cost.parameters).toBe(generator.parameters.reduce((total, { variable }) => total + variable.size, 0))
      generator.dispose()
      expect(tf.memory().numTensors).toBe(before)
    },
  )

  it("costs what the reference's layers add up to, and refuses small sides that cannot be doubled twice", () => {
    const cost = (side: number) =>
      zsktGeneratorCost({ latent: 100, width: 128, channels: 3, height: side, imageWidth: side })
    // A convolution over a doubled image takes 4 multiply-adds instead of 9.
    const blocks =
      4 * (128 * 128 * 16 ** 2 + 128 * 64 * 32 ** 2 + 64 * 32 * 64 ** 2 + 32 * 16 * 128 ** 2) + 9 * 16 * 8 * 224 ** 2
    expect(cost(224)).toEqual({
      parameters: 1_073_993,
      multiplyAdds: 100 * 8 * 8 * 128 + blocks + 9 * 8 * 3 * 224 ** 2,
      activations: 128 * (8 ** 2 + 16 ** 2) + 64 * 32 ** 2 + 32 * 64 ** 2 + 16 * 128 ** 2 + (8 + 3) * 224 ** 2,
    })
    expect(() => cost(30)).toThrow(/multiples of 4/)
  })
})
