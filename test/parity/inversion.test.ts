/**
 * The inversion family against the authors' code in double precision; needs no reference folder: see
 * fixtures/parity/make_inversion.py.
 */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { createCmiGenerator } from '../../src/main/engine/families/architectures/generators/cmi'
import { divergenceLoss } from '../../src/main/engine/families/distillation/divergenceStudent'
import { createContrastiveHead, instanceFeatureCount } from '../../src/main/engine/families/distillation/inversion/head'
import { createMemoryBank } from '../../src/main/engine/families/distillation/inversion/memoryBank'
import { inversionParameters } from '../../src/main/engine/families/distillation/inversion/parameters'
import { normalizer } from '../../src/main/engine/families/distillation/inversion/sources'
import { inversionStep } from '../../src/main/engine/families/distillation/inversion/step'
import { createInversionSynthesizer } from '../../src/main/engine/families/distillation/inversion/synthesizer'
import { boxDraws, cropBox } from '../../src/main/engine/families/distillation/inversion/views'
import { createStepProgram } from '../../src/main/engine/graph'
import type { NamedTensors } from '../../src/main/engine/maths/ops/tensors'
import { activationLoss } from '../../src/main/engine/maths/losses/activation'
import {
  agreedDivergence,
  jensenShannon,
  logitDistance,
  wholeDivergence,
} from '../../src/main/engine/maths/losses/disagreement'
import { imageNorm, totalVariation } from '../../src/main/engine/maths/losses/imagePrior'
import { vaccineWeights } from '../../src/main/engine/maths/losses/shufflingVaccine'
import { batchNormStatisticsLoss, classBalanceLoss, oneHotLoss } from '../../src/main/engine/maths/losses/synthesis'
import type { NetworkState, Parameter } from '../../src/main/engine/maths/nn'
import type { BatchStatistics } from '../../src/main/engine/maths/nn/types'
import type { Optimizer } from '../../src/main/engine/families/optimizers'
import { createStream, type RandomStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { createStateBundle } from '../../src/main/engine/trainer/state'
import { defaultsOf } from '../../src/shared/schema'
import { hashed } from '../fixtures/hashed'
import {
  classifier,
  compare,
  filled,
  image,
  logitsOf,
  near,
  normalization,
  size,
  stream,
  type Measured,
} from './inversionNetworks'

interface Call {
  loss: number
  images: number[]
  features: number[]
  codes: number[]
  generator: number[]
  head: number[]
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/parity/inversion.json'), 'utf8')) as {
  terms: Record<string, Measured>
  masked: Measured
  boxes: number[][]
  bank: number[][]
  synthesis: [Call, Call]
  several: { calls: { loss?: number; step: number; images: number[]; features: number[] }[]; head: number[] }
}

beforeAll(async () => {
  await startTensorFlow()
})

const student = { temperature: 20, reduction: 'batchMean', squaredTemperature: true } as const
const terms: Record<string, (x: tf.Tensor) => tf.Scalar> = {
  agreedDivergence: (x) => agreedDivergence(x as tf.Tensor2D, logitsOf('teacher')),
  wholeDivergence: (x) => wholeDivergence(x as tf.Tensor2D, logitsOf('teacher')),
  studentDivergence: (x) =>
    divergenceLoss({ logits: x as tf.Tensor2D, activations: [] }, { teacherLogits: logitsOf('teacher') }, student).loss,
  jensenShannon: (x) => jensenShannon(x as tf.Tensor2D, logitsOf('teacher'), 3),
  logitDistance: (x) => logitDistance(x as tf.Tensor2D, logitsOf('teacher')),
  classBalance: (x) => classBalanceLoss(x as tf.Tensor2D),
  oneHot: (x) => oneHotLoss(x as tf.Tensor2D),
  totalVariation: (x) => totalVariation(x as tf.Tensor4D),
  activation: (x) => activationLoss(x as tf.Tensor2D),
  imageNorm: (x) => imageNorm(x as tf.Tensor4D),
  batchNorm(x) {
    const statistics: BatchStatistics[] = []
    classifier('teacher.').forward(x as tf.Tensor4D, { training: false, statistics })
    return batchNormStatisticsLoss(statistics)
  },
  head: (x) =>
    tf.sum(
      tf.mul(
        filled(createContrastiveHead(5, 4, stream), 'head.').forward(x as tf.Tensor2D),
        tf.tensor2d(hashed('outputs', 24), [6, 4]),
      ),
    ),
}

/** What the term is a function of: logits or features, images where it is one of images. */
function inputOf(name: string): tf.Tensor {
  switch (name) {
    case 'totalVariation':
    case 'imageNorm':
      return tf.transpose(tf.tensor4d(hashed('images', 120, 0, 3), [2, 3, 4, 5]), [0, 2, 3, 1])
    case 'batchNorm':
      return tf.transpose(tf.tensor4d(hashed('images', 2 * 3 * 64, 0, 2), [2, 3, 8, 8]), [0, 2, 3, 1])
    case 'jensenShannon':
      return logitsOf('logits', 12)
    default:
      return logitsOf('logits')
  }
}

describe('inversion terms against the reference', () => {
  it.each(Object.keys(golden.terms))('%s: value and gradient', (name) => {
    tf.tidy(() => {
      compare(
        golden.terms[name],
        ['inversion', 'terms', name],
        terms[name] ??
          (() => {
            throw new Error(`No formula for ${name}.`)
          }),
        inputOf(name),
      )
    })
  })
})

describe('the local view against kornia', () => {
  it('takes the same boxes for the same draws', () => {
    const draws = hashed('boxes', golden.boxes.length * boxDraws, 0.5, 0.5)
    draws
      .fill(0.9999, draws.length - boxDraws, draws.length - boxDraws + 10)
      .fill(0.5, draws.length - boxDraws + 10, draws.length - 2)
    const boxes = golden.boxes.map((_box, image) =>
      cropBox(draws.subarray(image * boxDraws, (image + 1) * boxDraws), { height: 32, width: 32 }),
    )
    expect(boxes.map(({ top, left, height, width }) => [top, left, height, width])).toEqual(golden.boxes)
    expect(
      golden.boxes.slice(0, -1).every(([, , height, width]) => (height ?? 32) < 32 && (width ?? 32) < 32),
      'no box spans the image',
    ).toBe(true)
  })
})

describe('distillation from one image against the reference', () => {
  const suspected = tf.util.toTypedArray([1, 0, 0, 1, 0, 0], 'float32')
  it('learns the kept patches and unlearns the suspected ones', () => {
    tf.tidy(() => {
      const teacherLogits = logitsOf('teacher')
      // Suspected are images on which the shuffled teacher decides like the whole one.
      const shuffled = tf.mul(
        teacherLogits,
        tf.reshape(tf.sub(tf.mul(tf.tensor1d([...suspected]), 2), 1), [6, 1]),
      ) as tf.Tensor2D
      const { weights, maskRate } = vaccineWeights(shuffled, teacherLogits, tf.scalar(0.1))
      expect(maskRate.dataSync()[0]).toBeCloseTo(1 / 3)
      compare(
        golden.masked,
        ['inversion', 'masked'],
        (x) =>
          divergenceLoss(
            { logits: x as tf.Tensor2D, activations: [] },
            { teacherLogits, imageWeights: weights },
            { temperature: 8, reduction: 'mean', squaredTemperature: false },
          ).loss,
        logitsOf('logits'),
      )
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
    slots: {},
    dispose: () => undefined,
    apply(gradients) {
      const list = gradients as readonly tf.Tensor[]
      seen.norms = list.map((gradient) => tf.norm(gradient).dataSync()[0] ?? NaN)
      seen.last = Float32Array.from(list.at(-1)?.dataSync() ?? [])
    },
  }
}

describe('a CMI synthesis step against the reference', () => {
  const count = 4
  const values = { ...defaultsOf(inversionParameters({})), negatives: 8, headWidth: 6 }

  it('gives its loss, images, features and gradients, with an empty and with a filled memory', () => {
    const [teacher, learner] = [classifier('teacher.'), classifier('student.')]
    const features = instanceFeatureCount(teacher)
    const head = filled(createContrastiveHead(features, values.headWidth, stream), '')
    const generator = createCmiGenerator({
      latent: 3,
      width: 2,
      large: false,
      channels: 3,
      height: size,
      imageWidth: size,
      stream,
    })
    const codes: Parameter = { name: 'codes', layout: 'plain', variable: tf.variable(tf.zeros([count, 3]), true) }
    const toNormalized = normalizer({ normalization, image })
    const bank = new Float32Array(8 * 2 * features)
    golden.synthesis.forEach((wanted, call) => {
      filled(generator, `call${call}.generator.`)
      codes.variable.assign(tf.tensor2d(hashed(`call${call}.codes`, count * 3, 0, 2), [count, 3]))
      const [made, projected] = [
        { norms: [] as number[], last: new Float32Array() },
        { norms: [] as number[], last: new Float32Array() },
      ]
      const identity = Array.from({ length: count }, () =>
        Array.from({ length: size }, (_r, row) => Array.from({ length: size }, (_c, column) => Number(row === column))),
      )
      const args: NamedTensors = {
        learningRate: tf.scalar(1e-3),
        classes: tf.tensor1d([0, 1, 1, 4], 'int32'),
        localRows: tf.tensor3d(identity),
        localColumns: tf.tensor3d(identity.map((rows) => [...rows].reverse())),
        bank: tf.tensor2d(bank, [8, 2 * features]),
        present: tf.tensor1d(Array.from({ length: count + 8 }, (_unused, row) => Number(row < count + call * count))),
      }
      const outputs = inversionStep(
        {
          teacher,
          student: learner,
          values,
          defenses: [],
          contrast: { head, optimizer: watch(projected) },
          source: {
            parameters: [...generator.parameters, codes],
            optimizer: watch(made),
            normalized: toNormalized,
            begin: () => undefined,
            stepArguments: () => ({}),
            images: () => generator.forward(codes.variable as unknown as tf.Tensor2D, { training: true }),
          },
        },
        args,
      )
      const quantity = (name: keyof Call): readonly string[] => ['inversion', 'synthesis', name]
      near(outputs.loss?.dataSync() ?? [], [wanted.loss], ...quantity('loss'))
      near(outputs.images?.dataSync() ?? [], wanted.images, ...quantity('images'))
      near(
        tf.tidy(() => tf.norm(outputs.features as tf.Tensor2D, 2, 1).dataSync()),
        wanted.features,
        ...quantity('features'),
      )
      near(made.norms.slice(0, -1), wanted.generator, ...quantity('generator'))
      near(made.last, wanted.codes, ...quantity('codes'))
      near(projected.norms, wanted.head, ...quantity('head'))
      bank.set(outputs.features?.dataSync() as Float32Array)
      tf.dispose([outputs, args])
    })
  })
})

describe('the memory bank against the reference', () => {
  it('holds the same rows after each addition, and none when it has just been filled', () => {
    const bank = createMemoryBank(
      { capacity: 6, width: 1, negatives: 6, whenFull: 'empty' },
      stream,
      createStateBundle(1, tf),
    )
    golden.bank.forEach((wanted, call) => {
      tf.tidy(() => {
        bank.add(tf.tensor2d([10 * call, 10 * call + 1], [2, 1]))
        const { rows, present } = bank.draw()
        const values = rows.dataSync()
        expect([...present].flatMap((there, row) => (there ? [values[row] ?? NaN] : [])).sort((a, b) => a - b)).toEqual(
          wanted,
        )
      })
    })
  })
})

describe('CMI synthesis calls of several steps against the reference', () => {
  const [count, latent] = [4, 3]
  const values = {
    ...defaultsOf(inversionParameters({})),
    synthesisSteps: 3,
    synthesisBatchSize: count,
    latent,
    generatorWidth: 2,
    generatorLearningRate: 1e-2,
    bankSize: 8,
    negatives: 8,
    headWidth: 6,
    bankWhenFull: 'empty',
  } as const

  /**
   * N(0, 1) such that the generator begins call after call with the reference's weights: those of a hashed twin,
   * parameter by parameter.
   */
  function* draws(): Generator<Float32Array> {
    const twin = createCmiGenerator({
      latent,
      width: 2,
      large: false,
      channels: 3,
      height: size,
      imageWidth: size,
      stream,
    })
    for (let call = 0; ; call++) {
      filled(twin, `call${call}.generator.`)
      for (const { name, layout, variable } of twin.parameters) {
        if (!name.endsWith('.bias'))
          yield (variable.dataSync() as Float32Array).map((value) => (value - (layout === 'plain' ? 1 : 0)) / 0.02)
      }
    }
  }

  it.each(['eager', 'graph'] as const)(
    'keeps the same images and features of each call and trains the same head: %s',
    async (mode) => {
      const state = createStateBundle(1, tf)
      const heads: NetworkState[] = []
      const weights = draws()
      let calls = 0
      const still = (name: string): RandomStream => ({
        ...createStream(1, name),
        // The middle of every range: the global view as it is, the local view rows and columns 1 to 6.
        uniform: (length) => new Float32Array(length).fill(0.5),
        normal: (length) =>
          name === 'generatorWeights'
            ? (weights.next().value as Float32Array)
            : hashed(`call${calls++}.codes`, length, 0, 2),
        integers: () => Int32Array.from([0, 1, 1, 4]),
      })
      const program = createStepProgram({ mode })
      const synthesizer = createInversionSynthesizer(values, {
        dataset: 'signs',
        teacher: classifier('teacher.'),
        student: classifier('student.'),
        classes: 5,
        image,
        normalization,
        augmentation: { crop: true, flip: true },
        program,
        defenses: [],
        stream: (name) => (name.startsWith('initial') ? createStream(1, name) : still(name)),
        state: {
          ...state,
          addNetwork: (_name, network) => {
            heads.push(filled(network, ''))
          },
        },
      })
      for (const [call, wanted] of golden.several.calls.entries()) {
        const position = { index: call, total: 4, measure: true }
        const metrics = await synthesizer.step(position)
        const batch = synthesizer.sample(position)
        const quantity = ['inversion', 'several', 'calls']
        if (wanted.loss !== undefined) near([metrics.generatorLoss ?? NaN], [wanted.loss], ...quantity, 'loss')
        expect(metrics.keptStep).toBe(wanted.step + 1)
        near(
          tf.tidy(() => tf.add(tf.mul(batch.images, normalization.standardDeviation), normalization.mean).dataSync()),
          wanted.images,
          ...quantity,
          'images',
        )
        tf.dispose([batch.images, batch.teacherLogits])
      }
      program.readState()
      near(
        heads.flatMap(({ parameters }) =>
          parameters.map(({ variable }) => tf.tidy(() => tf.norm(variable).dataSync()[0] ?? NaN)),
        ),
        golden.several.head,
        'inversion',
        'several',
        'head',
      )
      program.dispose()
    },
  )
})
