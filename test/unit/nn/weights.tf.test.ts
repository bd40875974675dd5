import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createZsktGenerator } from '../../../src/main/engine/families/architectures/generators/zskt'
import { architectures } from '../../../src/main/engine/families/architectures'
import type { WeightMap } from '../../../src/main/engine/weights/weightMap'
import { createBuilder, type Classifier, type Parameter } from '../../../src/main/engine/maths/nn'
import {
  fileShapeOf,
  loadWeights,
  toFileOrder,
  toMemoryOrder,
  weightsOf,
} from '../../../src/main/engine/weights/network'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { RefusedInputError } from '../../../src/shared/errors'

beforeAll(async () => {
  await startTensorFlow()
})

const makeNetwork = (seed: number, classes = 3): Classifier =>
  architectures
    .get('wrn')
    .create(
      { depth: 10, width: 1 },
      { classes, channels: 3, height: 8, width: 8, stream: createStream(seed, 'weights') },
    )

const range = (count: number): Float32Array => Float32Array.from({ length: count }, (_, index) => index)
const parameter = (layout: Parameter['layout'], shape: number[], image?: Parameter['image']): Parameter => ({
  name: 'p',
  layout,
  variable: tf.variable(tf.zeros(shape)),
  ...(image ? { image } : {}),
})

function refusal(action: () => void): RefusedInputError {
  try {
    action()
  } catch (error) {
    if (error instanceof RefusedInputError) return error
    throw error
  }
  throw new Error('Nothing was refused.')
}

describe('layouts', () => {
  it.each([
    ['convolution', [2, 1, 3, 2], undefined, [2, 3, 2, 1]],
    ['depthwise', [2, 2, 3, 1], undefined, [3, 1, 2, 2]],
    ['linear', [3, 2], undefined, [2, 3]],
    ['linearToImage', [2, 12], [2, 2, 3], [12, 2]],
    ['biasToImage', [12], [2, 2, 3], [12]],
    ['plain', [5], undefined, [5]],
  ] as const)('%s: there and back', (layout, shape, image, fileShape) => {
    const place = parameter(layout, [...shape], image)
    expect(fileShapeOf(place)).toEqual(fileShape)
    const values = range(place.variable.size)
    expect([...toMemoryOrder(place, toFileOrder(place, values))]).toEqual([...values])
    place.variable.dispose()
  })
  it('a convolution filter: HWIO to OIHW', () => {
    const place = parameter('convolution', [1, 2, 2, 3])
    // value = 100·w + 10·i + o
    const values = Float32Array.from([0, 1, 2, 10, 11, 12, 100, 101, 102, 110, 111, 112])
    expect([...toFileOrder(place, values)]).toEqual([0, 100, 10, 110, 1, 101, 11, 111, 2, 102, 12, 112])
    place.variable.dispose()
  })
  it('an image-shaped linear layer gives the same image as PyTorch’s view', () => {
    tf.tidy(() => {
      const build = createBuilder(createStream(3, 'image'))
      const layer = build.linear('layer', { inputs: 2, outputs: 12, image: [2, 2, 3] })
      const weights = weightsOf(build)
      const x = tf.tensor2d([[0.5, -1]])
      const fromFile = tf.add(
        tf.matMul(x, tf.tensor2d(weights.get('layer.weight')?.data as Float32Array, [12, 2]), false, true),
        tf.tensor1d(weights.get('layer.bias')?.data as Float32Array),
      )
      const wanted = tf.transpose(tf.reshape(fromFile, [1, 3, 2, 2]), [0, 2, 3, 1])
      const got = tf.reshape(layer(x, { training: false }), [1, 2, 2, 3])
      expect(tf.max(tf.abs(tf.sub(got, wanted))).dataSync()[0]).toBeLessThan(1e-6)
      build.dispose()
    })
  })
})

describe('state_dict', () => {
  it('saved and loaded, the network gives the same logits; counters are int64', () => {
    const [one, two] = [makeNetwork(1), makeNetwork(2)]
    const weights = weightsOf(one)
    expect(weights.get('bn1.num_batches_tracked')?.data).toBeInstanceOf(BigInt64Array)
    expect(weights.get('block1.layer.0.conv1.weight')?.shape).toEqual([16, 16, 3, 3])
    loadWeights(two, weights)
    tf.tidy(() => {
      const images = tf.randomNormal([2, 8, 8, 3], 0, 1, 'float32', 5) as tf.Tensor4D
      expect([...two.forward(images, { training: false }).logits.dataSync()]).toEqual([
        ...one.forward(images, { training: false }).logits.dataSync(),
      ])
    })
    one.dispose()
    two.dispose()
  })
  it('names follow the reference: the shortcut exists where the channels change', () => {
    const network = makeNetwork(1)
    const names = [...weightsOf(network).keys()]
    expect(names.filter((name) => name.includes('conv'))).toEqual([
      'conv1.weight',
      ...[1, 2, 3].flatMap((block) =>
        ['conv1', 'conv2', ...(block > 1 ? ['convShortcut'] : [])].map(
          (layer) => `block${block}.layer.0.${layer}.weight`,
        ),
      ),
    ])
    network.dispose()
  })
  it('missing and unexpected names, other shapes and other classes are refused, and nothing is changed', () => {
    const network = makeNetwork(1)
    const other = weightsOf(makeNetwork(2))
    const before = [...(network.parameters[0]?.variable.dataSync() ?? [])]
    const renamed: WeightMap = new Map([...other].map(([name, tensor]) => [name.replace('fc.', 'linear.'), tensor]))
    const missing = refusal(() => loadWeights(network, renamed, 'teacher.safetensors'))
    expect(missing.wanted).toContain('missing: fc.weight, fc.bias')
    expect(missing.got).toContain('unexpected: "linear.weight", "linear.bias"')
    expect(missing.where).toBe('teacher.safetensors')
    const classes = refusal(() => loadWeights(network, weightsOf(makeNetwork(2, 10))))
    expect(classes.wanted).toContain('fc.weight of shape [3, 64]')
    expect(classes.got).toContain('[10, 64]')
    expect([...(network.parameters[0]?.variable.dataSync() ?? [])]).toEqual(before)
    network.dispose()
  })
  it('takes files of old PyTorch without num_batches_tracked', () => {
    const network = makeNetwork(1)
    loadWeights(
      network,
      new Map([...weightsOf(makeNetwork(2))].filter(([name]) => !name.endsWith('num_batches_tracked'))),
    )
    network.dispose()
  })
  it('the same stream gives the same initial weights, and dispose leaves nothing', () => {
    const before = tf.memory().numTensors
    const make = () =>
      createZsktGenerator({
        latent: 4,
        width: 4,
        channels: 3,
        height: 8,
        imageWidth: 8,
        stream: createStream(5, 'generator'),
      })
    const [one, two] = [make(), make()]
    expect([...(weightsOf(one).get('layers.4.weight')?.data as Float32Array)]).toEqual([
      ...(weightsOf(two).get('layers.4.weight')?.data as Float32Array),
    ])
    one.dispose()
    two.dispose()
    expect(tf.memory().numTensors).toBe(before)
  })
})
