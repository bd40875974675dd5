import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { conv2d, sum, upsampledConv2d } from '../../../src/main/engine/maths/ops'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { upsampleNearest2 } from './upsampleNearest2'

beforeAll(async () => {
  await startTensorFlow()
})

/** Largest difference relative to the largest value of the second. */
function relativeDifference(a: tf.Tensor, b: tf.Tensor): number {
  return tf.tidy(() => (tf.max(tf.abs(tf.sub(a, b))).dataSync()[0] ?? NaN) / (tf.max(tf.abs(b)).dataSync()[0] ?? NaN))
}

describe('convolution of an upsampled image', () => {
  it.each([
    [4, 4, 3, 5],
    [2, 6, 8, 1],
    [1, 1, 2, 2],
  ])('is the convolution after upsampling: %i×%i, %i to %i channels', (height, width, inputs, outputs) => {
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([2, height, width, inputs], 0, 1, 'float32', 1)
      const filter = tf.randomNormal<tf.Rank.R4>([3, 3, inputs, outputs], 0, 1, 'float32', 2)
      const upstream = tf.randomNormal<tf.Rank.R4>([2, height * 2, width * 2, outputs], 0, 1, 'float32', 3)
      const composed = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D =>
        conv2d(upsampleNearest2(a), b, { stride: 1, padding: 1 })
      expect(relativeDifference(upsampledConv2d(x, filter), composed(x, filter))).toBeLessThan(2e-6)
      const gradients = (work: typeof composed): tf.Tensor[] =>
        tf.grads((a, b) => sum(tf.mul(work(a as tf.Tensor4D, b as tf.Tensor4D), upstream)))([x, filter])
      const [own, expected] = [gradients(upsampledConv2d), gradients(composed)]
      own.forEach((gradient, index) => {
        expect(relativeDifference(gradient, expected[index] as tf.Tensor)).toBeLessThan(2e-6)
      })
    })
  })

  it('has second derivatives', () => {
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([1, 2, 2, 2], 0, 1, 'float32', 4)
      const filter = tf.randomNormal<tf.Rank.R4>([3, 3, 2, 2], 0, 1, 'float32', 5)
      const penalty =
        (work: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor4D) =>
        (b: tf.Tensor): tf.Tensor => {
          const inner = tf.grad((a) => sum(tf.square(work(a as tf.Tensor4D, b as tf.Tensor4D))))(x)
          return sum(tf.square(inner))
        }
      const own = tf.grad(penalty(upsampledConv2d))(filter)
      const expected = tf.grad(penalty((a, b) => conv2d(upsampleNearest2(a), b, { stride: 1, padding: 1 })))(filter)
      expect(relativeDifference(own, expected)).toBeLessThan(1e-5)
    })
  })

  it('refuses other filters', () => {
    tf.tidy(() => {
      expect(() => upsampledConv2d(tf.zeros([1, 2, 2, 1]), tf.zeros([5, 5, 1, 1]))).toThrow('3×3')
    })
  })
})

describe('paddings', () => {
  // Reference: the definition, as a sum over taps of strided slices.
  const direct = (x: tf.Tensor4D, filter: tf.Tensor4D, stride: number, padding: number): tf.Tensor =>
    tf.tidy(() => {
      const padded = tf.pad(x, [
        [0, 0],
        [padding, padding],
        [padding, padding],
        [0, 0],
      ])
      const [kernel] = filter.shape
      const size = (extent: number): number => Math.floor((extent + 2 * padding - kernel) / stride) + 1
      const [images, height, width, inputs] = x.shape
      const taps = Array.from({ length: kernel * kernel }, (_, tap) => {
        const [row, column] = [Math.floor(tap / kernel), tap % kernel]
        const seen = tf.stridedSlice(
          padded,
          [0, row, column, 0],
          [images, row + (size(height) - 1) * stride + 1, column + (size(width) - 1) * stride + 1, inputs],
          [1, stride, stride, 1],
        )
        return tf.reshape(
          tf.matMul(
            tf.reshape(seen, [-1, inputs]),
            tf.reshape(tf.slice(filter, [row, column, 0, 0], [1, 1, -1, -1]), [inputs, -1]),
          ),
          [images, size(height), size(width), -1],
        )
      })
      return tf.addN(taps)
    })

  it.each([
    [6, 3, 2, 1],
    [7, 3, 2, 1],
    [6, 4, 2, 1],
    [6, 3, 1, 1],
    [6, 1, 2, 0],
    [7, 5, 2, 2],
    [6, 3, 1, 0],
  ])("are PyTorch's: image %i, kernel %i, stride %i, padding %i", (size, kernel, stride, padding) => {
    tf.tidy(() => {
      const x = tf.randomNormal<tf.Rank.R4>([2, size, size, 3], 0, 1, 'float32', 6)
      const filter = tf.randomNormal<tf.Rank.R4>([kernel, kernel, 3, 4], 0, 1, 'float32', 7)
      const expected = direct(x, filter, stride, padding)
      const upstream = tf.randomNormal(expected.shape, 0, 1, 'float32', 8)
      expect(relativeDifference(conv2d(x, filter, { stride, padding }), expected)).toBeLessThan(2e-6)
      const gradients = (work: (a: tf.Tensor4D, b: tf.Tensor4D) => tf.Tensor): tf.Tensor[] =>
        tf.grads((a, b) => sum(tf.mul(work(a as tf.Tensor4D, b as tf.Tensor4D), upstream)))([x, filter])
      const own = gradients((a, b) => conv2d(a, b, { stride, padding }))
      const around: [number, number] = [padding, padding]
      const wanted = gradients((a, b) => tf.conv2d(tf.pad(a, [[0, 0], around, around, [0, 0]]), b, stride, 'valid'))
      own.forEach((gradient, index) => {
        expect(relativeDifference(gradient, wanted[index] as tf.Tensor)).toBeLessThan(2e-6)
      })
    })
  })
})
