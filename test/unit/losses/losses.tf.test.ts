import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { attentionDistance, attentionMap, attentionTransfer } from '../../../src/main/engine/maths/losses/attention'
import { accuracy, crossEntropy } from '../../../src/main/engine/maths/losses/crossEntropy'
import { klDivergence, klPerImage } from '../../../src/main/engine/maths/losses/divergence'
import {
  createShuffledEnsemble,
  shuffledLayers,
  permuteInputChannels,
  shuffledEnsembleLogits,
  tailTest,
} from '../../../src/main/engine/maths/losses/shufflingVaccine'
import { batchNormStatisticsLoss, classBalanceLoss, oneHotLoss } from '../../../src/main/engine/maths/losses/synthesis'
import { architectures } from '../../../src/main/engine/families/architectures'
import { createStream } from '../../../src/main/engine/maths/random'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { expectGradients, randomTensor } from '../ops/numericGradients'

beforeAll(async () => {
  await startTensorFlow()
})

const value = (tensor: tf.Tensor): number => tensor.dataSync()[0] ?? NaN
const softmaxOf = (row: readonly number[]): number[] => {
  const powers = row.map((logit) => Math.exp(logit))
  const total = powers.reduce((sum, power) => sum + power, 0)
  return powers.map((power) => power / total)
}

describe('divergence', () => {
  const student = [
    [1, 0, -1],
    [0.5, 2, 0],
  ]
  const teacher = [
    [0, 1, 0],
    [2, 0, 1],
  ]
  const expected = (temperature: number): number =>
    student.reduce((total, row, index) => {
      const p = softmaxOf((teacher[index] ?? []).map((logit) => logit / temperature))
      const q = softmaxOf(row.map((logit) => logit / temperature))
      return (
        total + p.reduce((sum, probability, entry) => sum + probability * Math.log(probability / (q[entry] ?? 1)), 0)
      )
    }, 0)
  it.each([[1], [0.5], [4]])('KL at temperature %s, both reductions', (temperature) => {
    tf.tidy(() => {
      const logits = [tf.tensor2d(student), tf.tensor2d(teacher)] as const
      expect(value(klDivergence(...logits, { temperature }))).toBeCloseTo(expected(temperature) / 6, 5)
      expect(value(klDivergence(...logits, { temperature, reduction: 'batchMean' }))).toBeCloseTo(
        expected(temperature) / 2,
        5,
      )
      expectGradients(
        ((a: tf.Tensor, b: tf.Tensor) => klDivergence(a as tf.Tensor2D, b as tf.Tensor2D, { temperature })) as never,
        [...logits],
      )
    })
  })
  it('per image, and zero for equal predictions', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d(student)
      expect([...klPerImage(logits, logits).dataSync()].every((entry) => Math.abs(entry) < 1e-7)).toBe(true)
      expect(value(tf.sum(klPerImage(logits, tf.tensor2d(teacher)))) * 3).toBeCloseTo(expected(1), 5)
    })
  })
  it('stays finite where a class has no probability left', () => {
    tf.tidy(() => {
      const { value: loss, grad } = tf.valueAndGrad((x: tf.Tensor) =>
        klDivergence(x as tf.Tensor2D, tf.tensor2d([[400, 0]])),
      )(tf.tensor2d([[0, 400]]))
      expect(value(loss)).toBeCloseTo(200, 2)
      expect([...grad.dataSync()].every(Number.isFinite)).toBe(true)
    })
  })
  it('has a finite gradient by the teacher’s logits too, where the reference’s kl_div gives log 0 · 0', () => {
    tf.tidy(() => {
      const kl = (x: tf.Tensor): tf.Scalar => klDivergence(tf.tensor2d([[1, 2]]), x as tf.Tensor2D)
      for (const logits of [
        [400, 0],
        [0, 90],
      ])
        expect(
          [
            ...tf
              .grad(kl)(tf.tensor2d([logits]))
              .dataSync(),
          ].every((entry) => Math.abs(entry) < 1e-6),
        ).toBe(true)
    })
  })
})

describe('attention', () => {
  it('maps have length 1 and forget the activation’s scale', () => {
    tf.tidy(() => {
      const activation = randomTensor<tf.Tensor4D>('activation', [2, 3, 3, 4])
      const map = attentionMap(activation)
      expect(map.shape).toEqual([2, 9])
      expect(value(tf.norm(map.slice([0, 0], [1, 9])))).toBeCloseTo(1, 5)
      expect(value(attentionDistance(map, attentionMap(tf.mul(activation, 3) as tf.Tensor4D)))).toBeLessThan(1e-12)
      expectGradients((x) => attentionMap(x as tf.Tensor4D), [activation])
    })
  })
  it('an activation of zeros has a gradient of zeros', () => {
    tf.tidy(() => {
      const other = attentionMap(randomTensor<tf.Tensor4D>('other', [1, 2, 2, 2]))
      const gradient = tf.grad((x: tf.Tensor) => attentionTransfer([x as tf.Tensor4D], [other]))(tf.zeros([1, 2, 2, 2]))
      expect([...gradient.dataSync()].every((entry) => entry === 0)).toBe(true)
    })
  })
  it('wants as many levels on both sides', () => {
    expect(() => attentionTransfer([], [])).toThrow(/levels that student and teacher do not share/)
  })
})

describe('terms of the generator', () => {
  it('cross entropy and accuracy', () => {
    tf.tidy(() => {
      const logits = tf.tensor2d([
        [2, 0],
        [0, 1],
      ])
      const labels = tf.tensor1d([0, 0], 'int32')
      expect(value(crossEntropy(logits, labels))).toBeCloseTo(
        (-Math.log(softmaxOf([2, 0])[0] ?? 0) - Math.log(softmaxOf([0, 1])[0] ?? 0)) / 2,
        5,
      )
      expect(value(accuracy(logits, labels))).toBe(0.5)
    })
  })
  it('one-hot is small for confident predictions', () => {
    tf.tidy(() => {
      expect(value(oneHotLoss(tf.tensor2d([[20, 0, 0]])))).toBeLessThan(1e-6)
      expect(value(oneHotLoss(tf.tensor2d([[0, 0, 0]])))).toBeCloseTo(Math.log(3), 5)
    })
  })
  it('class balance is −log classes when all are seen equally, 0 for one', () => {
    tf.tidy(() => {
      expect(
        value(
          classBalanceLoss(
            tf.tensor2d([
              [50, 0],
              [0, 50],
            ]),
          ),
        ),
      ).toBeCloseTo(-Math.log(2), 5)
      expect(
        value(
          classBalanceLoss(
            tf.tensor2d([
              [50, 0],
              [50, 0],
            ]),
          ),
        ),
      ).toBeCloseTo(0, 5)
    })
  })
  it('batch-norm statistics: distances of mean and variance, summed or averaged over layers', () => {
    tf.tidy(() => {
      const layer = {
        layer: 'bn',
        mean: tf.tensor1d([3, 4]),
        variance: tf.tensor1d([1, 1]),
        runningMean: tf.tensor1d([0, 0]),
        runningVariance: tf.tensor1d([1, 3]),
      }
      expect(value(batchNormStatisticsLoss([layer, layer]))).toBeCloseTo(14, 5)
      expect(value(batchNormStatisticsLoss([layer, layer], 'mean'))).toBeCloseTo(7, 5)
      const gradient = tf.grad((x: tf.Tensor) => batchNormStatisticsLoss([{ ...layer, mean: x as tf.Tensor1D }]))(
        tf.tensor1d([0, 0]),
      )
      expect([...gradient.dataSync()].every(Number.isFinite)).toBe(true)
      expect(() => batchNormStatisticsLoss([])).toThrow(/no batch-norm layers/)
    })
  })
})

describe('shuffled teachers', () => {
  it('permutes input channels as v[:, order]', () => {
    // 1×1, three inputs, two outputs: value = 10·i + o
    expect([...permuteInputChannels(Float32Array.from([0, 1, 10, 11, 20, 21]), [1, 1, 3, 2], [2, 0, 1])]).toEqual([
      20, 21, 0, 1, 10, 11,
    ])
  })
  it('need convolutions behind the first', () => {
    const problem = { classes: 3, channels: 3, height: 8, width: 8, stream: createStream(1, 'teacher') }
    const params = { patch: 4, width: 16, depth: 1, heads: 2, expansion: 1, names: 'timm' }
    const teacher = architectures.get('vit').create(params, problem)
    expect(() => shuffledLayers(teacher.parameters, 5)).toThrow(/no convolutions whose channels can be shuffled/)
    teacher.dispose()
  })
  it('an ensemble that is shuffled with the identity is the teacher, from its activations too', () => {
    const teacher = architectures
      .get('wrn')
      .create(
        { depth: 10, width: 1 },
        { classes: 3, channels: 3, height: 8, width: 8, stream: createStream(1, 'teacher') },
      )
    const identity = { permutation: (count: number) => Int32Array.from({ length: count }, (_, index) => index) }
    const before = tf.memory().numTensors
    const ensemble = createShuffledEnsemble(teacher, { members: 2, layers: 3, stream: identity })
    expect(ensemble.members[0]?.parameters.map(({ name }) => name)).toEqual([
      'block3.layer.0.conv1.weight',
      'block3.layer.0.conv2.weight',
      'block3.layer.0.convShortcut.weight',
    ])
    tf.tidy(() => {
      const images = randomTensor<tf.Tensor4D>('images', [2, 8, 8, 3])
      const { logits, activations } = teacher.forward(images, { training: false })
      for (const prefix of [undefined, activations]) {
        expect(
          tf.max(tf.abs(tf.sub(shuffledEnsembleLogits(ensemble, images, prefix), logits))).dataSync()[0],
        ).toBeLessThan(1e-6)
      }
      ensemble.reshuffle(createStream(2, 'orders'))
      expect(
        tf.max(tf.abs(tf.sub(shuffledEnsembleLogits(ensemble, images, activations), logits))).dataSync()[0],
      ).toBeGreaterThan(1e-3)
      expect(
        tf
          .max(
            tf.abs(
              tf.sub(shuffledEnsembleLogits(ensemble, images, activations), shuffledEnsembleLogits(ensemble, images)),
            ),
          )
          .dataSync()[0],
      ).toBeLessThan(1e-6)
    })
    ensemble.dispose()
    expect(tf.memory().numTensors).toBe(before)
    teacher.dispose()
  })
  it('of grouped convolutions the channels of every group change places alike', () => {
    const problem = { classes: 3, channels: 3, height: 8, width: 8, stream: createStream(1, 'teacher') }
    const teacher = architectures.get('cifar_resnext').create({ groups: '32x4d', layout: 'pytorchCifar' }, problem)
    const turned = {
      permutation: (count: number) => Int32Array.from({ length: count }, (_, index) => count - 1 - index),
    }
    const ensemble = createShuffledEnsemble(teacher, { members: 1, layers: 2, stream: turned })
    const [grouped] = ensemble.members[0]?.parameters ?? []
    const original = teacher.parameters.find(({ name }) => name === grouped?.name)
    expect(grouped?.name).toBe('layer3.2.conv2.weight')
    expect(grouped?.variable.shape).toEqual([3, 3, 16, 512])
    tf.tidy(() => {
      // In PyTorch: v[:, order] of [512, 16, 3, 3].
      const wanted = tf.reverse(original?.variable as tf.Tensor, 2)
      expect(grouped?.variable.dataSync()).toEqual(wanted.dataSync())
      const images = randomTensor<tf.Tensor4D>('images', [2, 8, 8, 3])
      const { logits } = teacher.forward(images, { training: false })
      expect(tf.max(tf.abs(tf.sub(shuffledEnsembleLogits(ensemble, images), logits))).dataSync()[0]).toBeGreaterThan(
        1e-4,
      )
    })
    ensemble.dispose()
    teacher.dispose()
  })
  it('tail test: counts what lies three deviations below the mean, and survives zeros', () => {
    const flat = Array.from({ length: 100 }, (_, index) => 1 + (index % 10) / 100)
    expect(tailTest(flat)).toMatchObject({ ratio: 0, accepted: false })
    expect(tailTest([...flat, 1e-6, 0, 1e-6])).toMatchObject({ accepted: true, ratio: 3 / 103 })
    expect(tailTest([]).accepted).toBe(false)
  })
})
