import * as tf from '@tensorflow/tfjs-core'
import { afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import * as ops from '../../../src/main/engine/maths/ops'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { expectGradients, expectSecondGradients, randomTensor } from './numericGradients'
import { upsampleNearest2 } from './upsampleNearest2'

beforeAll(async () => {
  await startTensorFlow()
})
afterEach(() => vi.unstubAllEnvs())

type Tensor4D = tf.Tensor4D
const image = (name: string, channels = 3): Tensor4D => randomTensor(name, [2, 6, 6, channels])
const vector = (name: string, size: number): tf.Tensor1D => randomTensor(name, [size])
/** Away from 0, where rectifiers have their kink. */
const awayFromZero = (x: tf.Tensor): tf.Tensor => tf.tidy(() => tf.add(x, tf.mul(tf.sign(x), 0.2)))

describe('convolution', () => {
  for (const [kernel, stride, padding] of [
    [3, 1, 1],
    [3, 2, 1],
    [1, 1, 0],
    [1, 2, 0],
    [3, 1, 0],
    [5, 2, 2],
    [3, 1, 2],
  ] as const) {
    const geometry = { stride, padding }
    it(`${kernel}×${kernel}, stride ${stride}, padding ${padding}: gradients of first and second order`, () => {
      tf.tidy(() => {
        const f = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
          ops.conv2d(x as Tensor4D, filter as Tensor4D, geometry)
        const inputs = [image('x'), randomTensor('filter', [kernel, kernel, 3, 4])]
        expect(f(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor).shape.slice(1, 3)).toEqual(
          [0, 0].map(() => Math.floor((6 + 2 * padding - kernel) / stride) + 1),
        )
        expectGradients(f as never, inputs)
        expectSecondGradients(f as never, inputs)
      })
    })
  }

  it('third order: the square of a second derivative still has a gradient', () => {
    tf.tidy(() => {
      const filter = randomTensor<Tensor4D>('filter', [3, 3, 2, 2])
      const f = (x: tf.Tensor): tf.Tensor => {
        const inner = tf.grad((y) => tf.sum(tf.pow(ops.conv2d(y as Tensor4D, filter, { stride: 2, padding: 1 }), 3)))
        return tf.grad((y) => tf.sum(tf.square(inner(y))))(x)
      }
      expectGradients(f, [randomTensor('x', [1, 4, 4, 2], 0.3)])
    })
  })

  for (const [stride, padding, where] of [
    [1, 1, ''],
    [2, 1, ''],
    [1, 0, ''],
    [1, 1, ', where TensorFlow has no kernel for it'],
    [2, 1, ', where TensorFlow has no kernel for it'],
  ] as const) {
    it(`grouped, stride ${stride}, padding ${padding}: gradients of first and second order${where}`, () => {
      if (where !== '') vi.stubEnv('TF_ENABLE_ONEDNN_OPTS', '0')
      tf.tidy(() => {
        const inputs = [image('x', 6), randomTensor('filter', [3, 3, 2, 9])]
        const f = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
          ops.conv2d(x as Tensor4D, filter as Tensor4D, { stride, padding })
        expectGradients(f as never, inputs)
        expectSecondGradients(f as never, inputs)
      })
    })
  }

  it.each([
    [64, 2, 1],
    [64, 2, 2],
    [48, 12, 1],
    [48, 12, 2],
  ] as const)('of %i channels in %i groups, stride %i, is a convolution of each group', (channels, groups, stride) => {
    tf.tidy(() => {
      const geometry = { stride, padding: 1 }
      const inputs: tf.Tensor[] = [
        image('x', channels),
        randomTensor('filter', [3, 3, channels / groups, channels * 2]),
      ]
      const weights: tf.Tensor = randomTensor('weights', [2, 6 / stride, 6 / stride, channels * 2])
      const grouped = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
        ops.conv2d(x as Tensor4D, filter as Tensor4D, geometry)
      const apart = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor => {
        const filters = tf.split(filter as Tensor4D, groups, 3)
        const parts = tf.split(x as Tensor4D, groups, 3)
        return tf.concat(
          parts.map((part, group) => ops.conv2d(part as Tensor4D, filters[group] as Tensor4D, geometry)),
          3,
        )
      }
      const [wanted, got] = [apart, grouped].map((f) => [
        f(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor),
        ...tf.grads((x, filter) => tf.sum(tf.mul(f(x as tf.Tensor, filter as tf.Tensor), weights)))(inputs),
      ])
      got?.forEach((tensor, index) => {
        const difference = tf.max(tf.abs(tf.sub(tensor, wanted?.[index] as tf.Tensor))).dataSync()[0]
        expect(difference, `tensor ${index}`).toBeLessThan(1e-4)
      })
    })
  })

  it('depthwise: gradients of first and second order', () => {
    tf.tidy(() => {
      const inputs = [image('x'), randomTensor('filter', [3, 3, 3, 1])]
      const f = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
        ops.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, { stride: 1, padding: 1 })
      expectGradients(f as never, inputs)
      expectSecondGradients(f as never, inputs)
    })
  })

  it('depthwise with stride 2 pads both sides as PyTorch does', () => {
    tf.tidy(() => {
      const inputs = [image('x'), randomTensor('filter', [3, 3, 3, 1])]
      const f = (x: tf.Tensor, filter: tf.Tensor): tf.Tensor =>
        ops.depthwiseConv2d(x as Tensor4D, filter as Tensor4D, { stride: 2, padding: 1 })
      const padded = tf.pad(inputs[0] as Tensor4D, [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ])
      const wanted = tf.depthwiseConv2d(padded as Tensor4D, inputs[1] as Tensor4D, 2, 'valid')
      expect(
        tf.max(tf.abs(tf.sub(f(inputs[0] as tf.Tensor, inputs[1] as tf.Tensor), wanted))).dataSync()[0],
      ).toBeLessThan(1e-5)
      expectGradients(f as never, inputs)
    })
  })
})

describe('activations', () => {
  const functions: Record<string, (x: tf.Tensor) => tf.Tensor> = {
    relu: (x) => ops.relu(x),
    leakyRelu: (x) => ops.leakyRelu(x, 0.2),
  }
  for (const [name, f] of Object.entries(functions)) {
    it(`${name}: gradients of first and second order`, () => {
      tf.tidy(() => {
        const x = awayFromZero(image('x'))
        expectGradients(f, [x])
        expectSecondGradients((y) => tf.mul(f(y), tf.mul(y, y)), [x])
      })
    })
  }
  it('values', () => {
    tf.tidy(() => {
      expect([...ops.relu(tf.tensor1d([-2, 0, 3])).dataSync()]).toEqual([0, 0, 3])
      expect([...ops.leakyRelu(tf.tensor1d([-2, 0, 3]), 0.5).dataSync()]).toEqual([-1, 0, 3])
    })
  })
})

describe('smooth activations', () => {
  // PyTorch's values at −4, −1, 0.5 and 2.
  const functions: Record<string, [(x: tf.Tensor) => tf.Tensor, number[]]> = {
    sigmoid: [ops.sigmoid, [0.01798621, 0.26894143, 0.62245935, 0.88079703]],
    silu: [ops.silu, [-0.07194484, -0.26894143, 0.31122968, 1.76159406]],
    gelu: [ops.gelu, [-0.00012668, -0.15865526, 0.34573123, 1.95449972]],
    hardSigmoid: [ops.hardSigmoid, [0, 0.33333334, 0.58333331, 0.83333331]],
    hardSwish: [ops.hardSwish, [0, -0.33333334, 0.29166666, 1.66666663]],
  }
  for (const [name, [f, wanted]] of Object.entries(functions)) {
    it(`${name}: values and gradients of first and second order`, () => {
      tf.tidy(() => {
        f(tf.tensor1d([-4, -1, 0.5, 2]))
          .dataSync()
          .forEach((value, index) => expect(value).toBeCloseTo(wanted[index] ?? NaN, 6))
        const x = awayFromZero(image('x'))
        expectGradients(f, [x])
        expectSecondGradients(f, [x])
      })
    })
  }
})

describe('average pooling', () => {
  it('of windows: values and gradients of first and second order', () => {
    tf.tidy(() => {
      expect([...ops.averagePool(tf.tensor4d([1, 2, 3, 6], [1, 2, 2, 1]), 2, 2).dataSync()]).toEqual([3])
      const f = (x: tf.Tensor): tf.Tensor => ops.averagePool(x as Tensor4D, 3, 2)
      expect(f(image('x')).shape).toEqual([2, 2, 2, 3])
      expectGradients(f, [image('x')])
      expectSecondGradients(f, [image('x')])
    })
  })
  it('to a number of places: fewer than pixels, more, and as many', () => {
    tf.tidy(() => {
      const row = (...values: number[]): Tensor4D => tf.tensor4d(values, [1, 1, values.length, 1])
      const pooled = (x: Tensor4D, places: number): number[] => [
        ...ops.adaptiveAveragePool(x, places).dataSync().slice(0, places),
      ]
      expect(pooled(row(1, 2, 3, 4, 5), 3).map((value) => value.toFixed(3))).toEqual(['1.500', '3.000', '4.500'])
      expect(pooled(row(1, 2), 4)).toEqual([1, 1, 2, 2])
      expect(ops.adaptiveAveragePool(image('x'), 7).shape).toEqual([2, 7, 7, 3])
      const same = image('x')
      expect(ops.adaptiveAveragePool(same, 6)).toBe(same)
      for (const places of [4, 7]) {
        const f = (x: tf.Tensor): tf.Tensor => ops.adaptiveAveragePool(x as Tensor4D, places)
        expectGradients(f, [image('x')])
        expectSecondGradients(f, [image('x')])
      }
    })
  })
})

describe('transformers', () => {
  it('layer norm: values and gradients of first and second order', () => {
    tf.tidy(() => {
      const f = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
        ops.layerNorm(x as tf.Tensor2D, { scale: scale as tf.Tensor1D, offset: offset as tf.Tensor1D }, 1e-6)
      const values = f(tf.tensor2d([[1, 2, 3]]), tf.tensor1d([1, 1, 2]), tf.tensor1d([0, 0, 1])).dataSync()
      expect([...values].map((value) => value.toFixed(4))).toEqual(['-1.2247', '0.0000', '3.4495'])
      const inputs = [randomTensor('x', [5, 8]), vector('scale', 8), vector('offset', 8)]
      expectGradients(f as never, inputs)
      expectSecondGradients(f as never, inputs)
    })
  })
  it('attention: each head by itself, gradients of first and second order', () => {
    tf.tidy(() => {
      const shape = { images: 2, tokens: 3, heads: 2 }
      const f = (x: tf.Tensor): tf.Tensor => ops.selfAttention(x as tf.Tensor2D, shape)
      const x = randomTensor('x', [6, 24])
      const part = (from: number, head: number): tf.Tensor2D =>
        tf.slice2d(x as tf.Tensor2D, [3, from * 8 + head * 4], [3, 4])
      const weights = tf.softmax(tf.mul(tf.matMul(part(0, 1), part(1, 1), false, true), 0.5))
      const wanted = tf.matMul(weights, part(2, 1))
      const got = tf.slice2d(f(x) as tf.Tensor2D, [3, 4], [3, 4])
      expect(tf.max(tf.abs(tf.sub(got, wanted))).dataSync()[0]).toBeLessThan(1e-5)
      expectGradients(f, [x])
      expectSecondGradients(f, [x])
    })
  })
})

describe('ELU, ReLU6, pooling, dropout', () => {
  it('elu: values and gradients of first and second order', () => {
    tf.tidy(() => {
      expect([...ops.elu(tf.tensor1d([-1, 0, 2])).dataSync()].map((value) => value.toFixed(4))).toEqual([
        '-0.6321',
        '0.0000',
        '2.0000',
      ])
      const x = awayFromZero(image('x'))
      expectGradients((y) => ops.elu(y), [x])
      expectSecondGradients((y) => ops.elu(y), [x])
    })
  })
  it('relu6: values and gradients', () => {
    tf.tidy(() => {
      expect([...ops.relu6(tf.tensor1d([-1, 3, 8])).dataSync()]).toEqual([0, 3, 6])
      const x = awayFromZero(image('x'))
      expectGradients((y) => ops.relu6(y), [x])
      expectSecondGradients((y) => ops.relu6(y), [x])
    })
  })
  it('max pooling: values and gradients of first and second order', () => {
    tf.tidy(() => {
      expect([...ops.maxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), 2, 2).dataSync()]).toEqual([4])
      // All values 0.1 apart, so that a small step changes no window's largest.
      const x = tf.tensor4d(
        Float32Array.from({ length: 72 }, (_, index) => ((index * 29) % 73) / 10 - 3),
        [2, 6, 6, 1],
      )
      const f = (y: tf.Tensor): tf.Tensor => ops.maxPool(y as Tensor4D, 2, 2)
      expectGradients(f, [x])
      expectSecondGradients(f, [x])
      const padded = (y: tf.Tensor): tf.Tensor => ops.maxPool(tf.square(y) as Tensor4D, 3, 2, 1)
      expect(padded(x).shape).toEqual([2, 3, 3, 1])
      expectGradients(padded, [x])
      const covering = (y: tf.Tensor): tf.Tensor => ops.coveringMaxPool(tf.add(y, 4) as Tensor4D, 3, 2)
      expect(covering(x).shape).toEqual([2, 3, 3, 1])
      expectGradients(covering, [x])
      expect([...ops.coveringMaxPool(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1]), 3, 2).dataSync()]).toEqual([4])
    })
  })
  it('dropout: the seed and the layer decide, the rest is scaled, the gradient has the same holes', () => {
    tf.tidy(() => {
      const x = tf.ones([100, 100])
      const seed = tf.tensor1d([3, 4], 'int32')
      const one = ops.dropout(x, 0.3, seed, 0)
      const share = tf.mean(tf.cast(tf.equal(one, 0), 'float32')).dataSync()[0] ?? NaN
      expect(Math.abs(share - 0.3)).toBeLessThan(0.02)
      expect(Math.max(...one.dataSync())).toBeCloseTo(1 / 0.7, 5)
      const same = (other: tf.Tensor): boolean => tf.all(tf.equal(one, other)).dataSync()[0] === 1
      expect(same(ops.dropout(x, 0.3, seed, 0))).toBe(true)
      expect(same(ops.dropout(x, 0.3, seed, 1))).toBe(false)
      expect(same(ops.dropout(x, 0.3, tf.tensor1d([3, 5], 'int32'), 0))).toBe(false)
      expect(same(tf.grad((y: tf.Tensor) => tf.sum(ops.dropout(y, 0.3, seed, 0)))(x))).toBe(true)
    })
  })
})

describe('batch normalisation', () => {
  const inputs = (): tf.Tensor[] => [image('x'), vector('scale', 3), vector('offset', 3)]
  const fused = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
    ops.batchNorm(x as Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D).output
  const composed = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
    ops.composedBatchNorm(x as Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D).output

  it('both variants agree, statistics included', () => {
    tf.tidy(() => {
      const [x, scale, offset] = inputs() as [Tensor4D, tf.Tensor1D, tf.Tensor1D]
      const a = ops.batchNorm(x, scale, offset)
      const b = ops.composedBatchNorm(x, scale, offset)
      for (const key of ['output', 'mean', 'unbiasedVariance'] as const)
        expect(tf.max(tf.abs(tf.sub(a[key], b[key]))).dataSync()[0], key).toBeLessThan(1e-5)
      const { variance } = tf.moments(x, [0, 1, 2])
      expect(tf.max(tf.abs(tf.sub(tf.mul(variance, 72 / 71), a.unbiasedVariance))).dataSync()[0]).toBeLessThan(1e-5)
    })
  })
  it('fused: first derivatives', () => {
    tf.tidy(() => expectGradients(fused as never, inputs()))
  })
  it('fused: a second derivative is refused, not silently wrong', () => {
    expect(() =>
      tf.tidy(() => {
        const [x, scale, offset] = inputs() as [tf.Tensor, tf.Tensor, tf.Tensor]
        const first = tf.grad((y: tf.Tensor) => tf.sum(tf.square(fused(y, scale, offset))))
        return tf.grad((y: tf.Tensor) => tf.sum(tf.square(first(y))))(x)
      }),
    ).toThrow(/gradient function not found for AbdBatchNormGradient/)
  })
  it('composed: first and second derivatives', () => {
    tf.tidy(() => {
      expectGradients(composed as never, inputs())
      expectSecondGradients(composed as never, inputs())
    })
  })
  it('stored statistics: first and second derivatives', () => {
    tf.tidy(() => {
      const center = vector('center', 3)
      const variance = tf.tensor1d([0.5, 1, 2])
      const f = (x: tf.Tensor, scale: tf.Tensor, offset: tf.Tensor): tf.Tensor =>
        ops.batchNormInference(x as Tensor4D, scale as tf.Tensor1D, offset as tf.Tensor1D, center, variance)
      expectGradients(f as never, inputs())
      expectSecondGradients(f as never, inputs(), [0, 1])
    })
  })
  it('channel moments: values and derivatives', () => {
    tf.tidy(() => {
      const { mean, variance } = ops.channelMoments(image('x'))
      const wanted = tf.moments(image('x'), [0, 1, 2])
      expect(tf.max(tf.abs(tf.sub(mean, wanted.mean))).dataSync()[0]).toBeLessThan(1e-6)
      expect(tf.max(tf.abs(tf.sub(variance, wanted.variance))).dataSync()[0]).toBeLessThan(1e-5)
      const f = (x: tf.Tensor): tf.Tensor => {
        const moments = ops.channelMoments(x as Tensor4D)
        return tf.concat([moments.mean, tf.square(moments.variance)])
      }
      expectGradients(f, [image('x')])
      expectSecondGradients(f, [image('x')])
    })
  })
})

describe('resampling, reductions, softmax', () => {
  it('nearest upsampling repeats each pixel, and its gradient sums them', () => {
    tf.tidy(() => {
      expect([...upsampleNearest2(tf.tensor4d([1, 2, 3, 4], [1, 2, 2, 1])).dataSync()]).toEqual([
        1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4,
      ])
      const f = (x: tf.Tensor): tf.Tensor => upsampleNearest2(x as Tensor4D)
      expectGradients(f, [image('x')])
      expectSecondGradients((x) => tf.pow(f(x), 3), [tf.mul(image('x'), 0.5)])
    })
  })
  it('nearest upsampling to any size copies the pixel that PyTorch does, and its gradient sums the copies', () => {
    tf.tidy(() => {
      const row = (from: number, width: number): number[] => [
        ...ops
          .upsampleNearest(
            tf.tensor4d(
              Array.from({ length: from }, (_, place) => place),
              [1, 1, from, 1],
            ),
            { height: 1, width },
          )
          .dataSync(),
      ]
      expect(row(4, 7)).toEqual([0, 0, 1, 1, 2, 2, 3])
      expect(row(3, 8)).toEqual([0, 0, 0, 1, 1, 1, 2, 2])
      expect(row(128, 224)).toEqual(Array.from({ length: 224 }, (_, place) => Math.floor((place * 4) / 7)))
      const f = (x: tf.Tensor): tf.Tensor => ops.upsampleNearest(x as Tensor4D, { height: 7, width: 10 })
      expectGradients(f, [image('x')])
      expectSecondGradients((x) => tf.pow(f(x), 3), [tf.mul(image('x'), 0.5)])
      expect(() => f(tf.zeros([1, 8, 4, 1]))).toThrow('cannot shrink')
    })
  })
  it('sums and means', () => {
    tf.tidy(() => {
      const f = (x: tf.Tensor): tf.Tensor => tf.mul(ops.mean(tf.square(x), [1, 2]), ops.sum(x, [1, 2]))
      expectGradients(f, [image('x')])
      expectSecondGradients(f, [image('x')])
      expect(
        ops
          .sum(
            tf.tensor2d([
              [1, 2],
              [3, 4],
            ]),
          )
          .dataSync()[0],
      ).toBe(10)
      expect([...ops.globalAveragePool(tf.tensor4d([1, 2, 3, 4, 5, 6, 7, 8], [1, 2, 2, 2])).dataSync()]).toEqual([4, 5])
    })
  })
  it('channel energy', () => {
    tf.tidy(() => {
      const f = (x: tf.Tensor): tf.Tensor => ops.channelEnergy(x as Tensor4D)
      expect([...ops.channelEnergy(tf.tensor4d([1, 2, 3, 4], [1, 1, 2, 2])).dataSync()]).toEqual([2.5, 12.5])
      expectGradients(f, [image('x')])
      expectSecondGradients(f, [image('x')])
    })
  })
  it('softmax and log-softmax', () => {
    tf.tidy(() => {
      const logits = randomTensor<tf.Tensor2D>('logits', [4, 5])
      for (const f of [
        (x: tf.Tensor) => ops.softmax(x as tf.Tensor2D),
        (x: tf.Tensor) => ops.logSoftmax(x as tf.Tensor2D),
      ]) {
        expectGradients(f, [logits])
        expectSecondGradients(f, [logits])
      }
      expect(ops.logSoftmax(tf.tensor2d([[1000, 0]])).dataSync()[1]).toBe(-1000)
    })
  })
  it('a sum of tfjs keeps its gradient on the device', () => {
    tf.tidy(() => {
      ops.composedBatchNorm(image('x'), vector('scale', 3), vector('offset', 3))
      const f = (x: tf.Tensor): tf.Tensor => tf.mul(tf.sum(tf.square(x), [1, -1], true), tf.sum(x, 0))
      expectGradients(f, [image('x')])
      expectSecondGradients(f, [image('x')])
    })
  })
  it('detach stops gradients', () => {
    tf.tidy(() => {
      const gradient = tf.grad((x: tf.Tensor) => tf.sum(tf.mul(x, ops.detach(x))))(tf.tensor1d([2, 3]))
      expect([...gradient.dataSync()]).toEqual([2, 3])
    })
  })
})

it('no operation leaves a tensor behind', () => {
  const x = image('x', 4)
  const run = (): void => {
    tf.tidy(() => {
      const network = (y: tf.Tensor): tf.Tensor => {
        const filtered = ops.conv2d(y as Tensor4D, randomTensor('filter', [3, 3, 4, 4]), { stride: 2, padding: 1 })
        const normal = ops.batchNorm(filtered, tf.ones([4]), tf.zeros([4])).output
        const stored = ops.batchNormInference(
          upsampleNearest2(ops.relu(normal)),
          tf.ones([4]),
          tf.zeros([4]),
          tf.zeros([4]),
          tf.ones([4]),
        )
        const { mean, variance } = ops.channelMoments(ops.leakyRelu(stored, 0.2))
        return tf.add(
          ops.sum(ops.channelEnergy(stored)),
          tf.add(ops.sum(mean), ops.sum(ops.softmax(tf.reshape(variance, [1, 4])))),
        )
      }
      tf.grad(network)(x).dataSync()
    })
  }
  run()
  const before = { ...tf.memory() }
  run()
  expect(tf.memory().numTensors).toBe(before.numTensors)
  expect(tf.memory().numDataBuffers).toBe(before.numDataBuffers)
  x.dispose()
})
