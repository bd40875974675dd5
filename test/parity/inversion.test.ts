/** The inversion family against the authors' code in double precision; needs no reference folder: see fixtures/parity/make_inversion.py. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCmiGenerator } from '../../src/main/engine/architectures/generators/cmi'
import { wrn } from '../../src/main/engine/architectures/wrn'
import { divergenceLoss } from '../../src/main/engine/distillation/divergenceStudent'
import { createContrastiveHead, instanceFeatureCount } from '../../src/main/engine/distillation/inversion/head'
import { inversionParameters } from '../../src/main/engine/distillation/inversion/parameters'
import { normalizer } from '../../src/main/engine/distillation/inversion/sources'
import { inversionStep } from '../../src/main/engine/distillation/inversion/step'
import { boxDraws, cropBox } from '../../src/main/engine/distillation/inversion/views'
import type { NamedTensors } from '../../src/main/engine/graph/types'
import { activationLoss } from '../../src/main/engine/losses/activation'
import { agreedDivergence, jensenShannon, logitDistance, wholeDivergence } from '../../src/main/engine/losses/disagreement'
import { totalVariation } from '../../src/main/engine/losses/imagePrior'
import { vaccineWeights } from '../../src/main/engine/losses/shufflingVaccine'
import { classBalanceLoss, oneHotLoss } from '../../src/main/engine/losses/synthesis'
import { loadWeights } from '../../src/main/engine/nn'
import type { NetworkState, Parameter } from '../../src/main/engine/nn'
import type { Optimizer } from '../../src/main/engine/optimizers'
import { createStream } from '../../src/main/engine/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { defaultsOf } from '../../src/shared/schema'
import { hashed, hashedWeights } from '../fixtures/hashed'
import { relativeDistance } from './golden'

interface Measured { value: number; gradient: number[] }
interface Call { loss: number; images: number[]; features: number[]; codes: number[]; generator: number[]; head: number[] }
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/parity/inversion.json'), 'utf8')) as {
  terms: Record<string, Measured>; masked: Measured; boxes: number[][]; synthesis: [Call, Call]; noise: number
}

/** Ten times the distance of the reference in single precision from itself in double precision, but no less than a few rounding steps. */
const tolerance = Math.max(10 * golden.noise, 1e-5)

beforeAll(async () => { await startTensorFlow() })

const logitsOf = (name: string, spread = 3): tf.Tensor2D => tf.tensor2d(hashed(name, 30, 0, spread), [6, 5])

function compare(wanted: Measured | undefined, loss: (x: tf.Tensor) => tf.Scalar, input: tf.Tensor): void {
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(x))(input)
  expect(Math.abs((value.dataSync()[0] ?? NaN) / (wanted?.value ?? NaN) - 1)).toBeLessThan(tolerance)
  const gradient = input.rank === 4 ? tf.transpose(grad, [0, 3, 1, 2]) : grad
  expect(relativeDistance(gradient.dataSync(), Float32Array.from(wanted?.gradient ?? []))).toBeLessThan(tolerance)
}

const student = { temperature: 20, reduction: 'batchMean', squaredTemperature: true } as const
const terms: Record<string, (x: tf.Tensor) => tf.Scalar> = {
  agreedDivergence: (x) => agreedDivergence(x as tf.Tensor2D, logitsOf('teacher')),
  wholeDivergence: (x) => wholeDivergence(x as tf.Tensor2D, logitsOf('teacher')),
  studentDivergence: (x) => divergenceLoss({ logits: x as tf.Tensor2D, activations: [] }, { teacherLogits: logitsOf('teacher') }, student).loss,
  jensenShannon: (x) => jensenShannon(x as tf.Tensor2D, logitsOf('teacher'), 3),
  logitDistance: (x) => logitDistance(x as tf.Tensor2D, logitsOf('teacher')),
  classBalance: (x) => classBalanceLoss(x as tf.Tensor2D),
  oneHot: (x) => oneHotLoss(x as tf.Tensor2D),
  totalVariation: (x) => totalVariation(x as tf.Tensor4D),
  activation: (x) => activationLoss(x as tf.Tensor2D),
}

describe('inversion terms against the reference', () => {
  it.each(Object.keys(golden.terms))('%s: value and gradient', (name) => {
    tf.tidy(() => {
      const input = name === 'totalVariation' ? tf.transpose(tf.tensor4d(hashed('images', 120, 0, 3), [2, 3, 4, 5]), [0, 2, 3, 1]) : logitsOf('logits', name === 'jensenShannon' ? 12 : 3)
      compare(golden.terms[name], terms[name] ?? (() => { throw new Error(`No formula for ${name}.`) }), input)
    })
  })
})

describe('the local view against kornia', () => {
  it('takes the same boxes for the same draws', () => {
    const draws = hashed('boxes', golden.boxes.length * boxDraws, 0.5, 0.5)
    draws.fill(0.9999, draws.length - boxDraws, draws.length - boxDraws + 10).fill(0.5, draws.length - boxDraws + 10, draws.length - 2)
    const boxes = golden.boxes.map((_box, image) => cropBox(draws.subarray(image * boxDraws, (image + 1) * boxDraws), { height: 32, width: 32 }))
    expect(boxes.map(({ top, left, height, width }) => [top, left, height, width])).toEqual(golden.boxes)
    expect(golden.boxes.slice(0, -1).every(([, , height, width]) => (height ?? 32) < 32 && (width ?? 32) < 32), 'no box spans the image').toBe(true)
  })
})

describe('distillation from one image against the reference', () => {
  const suspected = tf.util.toTypedArray([1, 0, 0, 1, 0, 0], 'float32')
  it('learns the kept patches and unlearns the suspected ones', () => {
    tf.tidy(() => {
      const teacherLogits = logitsOf('teacher')
      // Suspected are images on which the shuffled teacher decides like the whole one.
      const shuffled = tf.mul(teacherLogits, tf.reshape(tf.sub(tf.mul(tf.tensor1d([...suspected]), 2), 1), [6, 1])) as tf.Tensor2D
      const { weights, maskRate } = vaccineWeights(shuffled, teacherLogits, tf.scalar(0.1))
      expect(maskRate.dataSync()[0]).toBeCloseTo(1 / 3)
      compare(golden.masked, (x) => divergenceLoss({ logits: x as tf.Tensor2D, activations: [] }, { teacherLogits, imageWeights: weights }, { temperature: 8, reduction: 'mean', squaredTemperature: false }).loss, logitsOf('logits'))
    })
  })
  it('stays finite where all patches are suspected', () => {
    tf.tidy(() => {
      const teacherLogits = logitsOf('teacher')
      const weights = vaccineWeights(teacherLogits, teacherLogits, tf.scalar(0.6)).weights.dataSync()
      for (const weight of weights) expect(weight).toBeCloseTo(-0.1, 6)
    })
  })
})

/** Keeps the norms of the gradients it is given. */
function watch(seen: { norms: number[]; last: Float32Array }): Optimizer {
  return {
    slots: {}, dispose: () => undefined,
    apply(gradients) {
      const list = gradients as readonly tf.Tensor[]
      seen.norms = list.map((gradient) => tf.norm(gradient).dataSync()[0] ?? NaN)
      seen.last = Float32Array.from(list.at(-1)?.dataSync() ?? [])
    },
  }
}

describe('a CMI synthesis step against the reference', () => {
  const size = 8
  const count = 4
  const stream = createStream(1, 'parity')
  const filled = <N extends NetworkState>(network: N, prefix: string): N => {
    loadWeights(network, hashedWeights([...network.parameters, ...network.buffers], prefix))
    return network
  }
  const values = { ...defaultsOf(inversionParameters({})), negatives: 8, headWidth: 6 }

  it('gives its loss, images, features and gradients, with an empty and with a filled memory', () => {
    const classifier = (prefix: string) => filled(wrn.create({ depth: 10, width: 1 }, { classes: 5, channels: 3, height: size, width: size, stream }), prefix)
    const [teacher, learner] = [classifier('teacher.'), classifier('student.')]
    const features = instanceFeatureCount(teacher)
    const head = filled(createContrastiveHead(features, values.headWidth, stream), '')
    const generator = createCmiGenerator({ latent: 3, width: 2, large: false, channels: 3, height: size, imageWidth: size, stream })
    const codes: Parameter = { name: 'codes', layout: 'plain', variable: tf.variable(tf.zeros([count, 3]), true) }
    const toNormalized = normalizer({ normalization: { mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3] }, image: { height: size, width: size, channels: 3 } })
    const bank = new Float32Array(8 * 2 * features)
    golden.synthesis.forEach((wanted, call) => {
      filled(generator, `call${call}.generator.`)
      codes.variable.assign(tf.tensor2d(hashed(`call${call}.codes`, count * 3, 0, 2), [count, 3]))
      const [made, projected] = [{ norms: [] as number[], last: new Float32Array() }, { norms: [] as number[], last: new Float32Array() }]
      const identity = Array.from({ length: count }, () => Array.from({ length: size }, (_r, row) => Array.from({ length: size }, (_c, column) => Number(row === column))))
      const args: NamedTensors = {
        learningRate: tf.scalar(1e-3), classes: tf.tensor1d([0, 1, 1, 4], 'int32'),
        localRows: tf.tensor3d(identity), localColumns: tf.tensor3d(identity.map((rows) => [...rows].reverse())),
        bank: tf.tensor2d(bank, [8, 2 * features]), present: tf.tensor1d(Array.from({ length: count + 8 }, (_unused, row) => Number(row < count + call * count))),
      }
      const outputs = inversionStep({
        teacher, student: learner, values, defenses: [], contrast: { head, optimizer: watch(projected) },
        source: {
          parameters: [...generator.parameters, codes], optimizer: watch(made), normalized: toNormalized, begin: () => undefined, stepArguments: () => ({}),
          images: () => generator.forward(codes.variable as unknown as tf.Tensor2D, { training: true }),
        },
      }, args)
      const near = (actual: ArrayLike<number>, expected: readonly number[]): void => expect(relativeDistance(Float32Array.from(actual), Float32Array.from(expected))).toBeLessThan(tolerance)
      near(outputs.loss?.dataSync() ?? [], [wanted.loss])
      near(outputs.images?.dataSync() ?? [], wanted.images)
      near(tf.tidy(() => tf.norm(outputs.features as tf.Tensor2D, 2, 1).dataSync()), wanted.features)
      near(made.norms.slice(0, -1), wanted.generator)
      near(made.last, wanted.codes)
      near(projected.norms, wanted.head)
      bank.set(outputs.features?.dataSync() as Float32Array)
      tf.dispose([outputs, args])
    })
  })
})
