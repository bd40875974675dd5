/** Fine-pruning and I-BAU against PyTorch in double precision: see fixtures/parity/make_defenses.py. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { beforeAll, describe, expect, it } from 'vitest'
import { wrn } from '../../src/main/engine/families/architectures/wrn'
import {
  searchStep,
  unlearningStep,
  type Unlearner,
} from '../../src/main/engine/families/defenses/adversarialUnlearning/steps'
import { channelActivity, keptChannels, lastLinear } from '../../src/main/engine/families/defenses/finePruning/channels'
import { cutOff, fineTuningStep } from '../../src/main/engine/families/defenses/finePruning/steps'
import { createAdam, createSgd } from '../../src/main/engine/families/optimizers'
import { unlearningGradient } from '../../src/main/engine/maths/losses/adversarialUnlearning'
import type { Classifier, Parameter } from '../../src/main/engine/maths/nn'
import { createStream } from '../../src/main/engine/maths/random'
import { startTensorFlow } from '../../src/main/engine/runtime'
import { loadWeights, toFileOrder } from '../../src/main/engine/weights/network'
import { hashed, hashedWeights } from '../fixtures/hashed'
import { relativeDistance, sampled, type Sampled } from './golden'
import { boundOf, expectWithin } from './tolerances'

interface Golden {
  finePruning: { activity: number[]; pruned: number[]; updates: { loss: number; change: Sampled }[] }
  unlearning: {
    /** Perturbations are channels last. */
    searches: { misled: number; perturbation: number[] }[]
    updates: { outerLoss: number; adjoint: number[]; gradient: Sampled; indirect: Sampled; change: Sampled }[]
  }
}
const golden = JSON.parse(readFileSync(join(import.meta.dirname, '../fixtures/parity/defenses.json'), 'utf8')) as Golden

const [count, classes, size] = [4, 10, 8]
const near = (actual: ArrayLike<number>, expected: readonly number[], ...quantity: readonly string[]): void =>
  expectWithin(relativeDistance(actual, expected), boundOf('defenses', ...quantity), quantity.join(', '))
const nearSampled = (actual: readonly Float32Array[], expected: Sampled, ...quantity: readonly string[]): void => {
  const { norms, entries } = sampled(actual)
  near(norms, expected.norms, ...quantity, 'norms')
  near(entries, expected.entries, ...quantity, 'entries')
}

const studentOf = (): Classifier => {
  const network = wrn.create(
    { depth: 10, width: 1 },
    { classes, channels: 3, height: size, width: size, stream: createStream(1, 'parity') },
  )
  loadWeights(network, hashedWeights([...network.parameters, ...network.buffers], 'student.'))
  return network
}
const imagesOf = (name: string): tf.Tensor4D =>
  tf.tidy(() => {
    const channelsFirst = tf.tensor4d(hashed(name, count * 3 * size * size, 0, 2), [count, 3, size, size])
    return tf.transpose(channelsFirst, [0, 2, 3, 1])
  })
const labelsOf = (name: string): tf.Tensor1D =>
  tf.tensor1d(Int32Array.from(hashed(name, count, classes / 2, classes / 2)), 'int32')
const valuesOf = (tensor: tf.Tensor | undefined): Float32Array => tensor?.dataSync() as Float32Array

/** What a step makes of the parameters, in the file's order. */
function changeBy(parameters: readonly Parameter[], step: () => void): Float32Array[] {
  const before = parameters.map(({ variable }) => variable.dataSync() as Float32Array)
  step()
  return parameters.map((parameter, place) =>
    toFileOrder(
      parameter,
      (parameter.variable.dataSync() as Float32Array).map((value, index) => value - (before[place]?.[index] ?? NaN)),
    ),
  )
}

beforeAll(async () => {
  await startTensorFlow()
})

describe('fine-pruning', () => {
  it('measures, cuts off and fine-tunes as PyTorch does', () => {
    const { activity, pruned, updates } = golden.finePruning
    const student = studentOf()
    const head = lastLinear(student)
    const batches = [0, 1].map((place) => ({
      images: imagesOf(`images${place}`),
      teacherLogits: tf.tensor2d(hashed(`answers${place}`, count * classes, 0, 3), [count, classes]),
    }))
    const measured = batches.map(({ images }) => valuesOf(tf.tidy(() => channelActivity(student, images))))
    const mean = activity.map((_, channel) => measured.reduce((sum, found) => sum + (found[channel] ?? 0) / 2, 0))
    near(mean, activity, 'finePruning', 'activity')
    const kept = tf.tensor1d(keptChannels(mean, Math.trunc(0.3 * activity.length)))
    cutOff({ head }, kept)
    const [first] = batches
    near(
      valuesOf(tf.tidy(() => student.forward(first?.images as tf.Tensor4D, { training: false }).logits)),
      pruned,
      'finePruning',
      'pruned',
    )
    const tuned = { student, head, optimizer: createSgd(student.parameters, { momentum: 0.9 }), temperature: 2 }
    batches.forEach((batch, place) => {
      const wanted = updates[place]
      if (!wanted) throw new Error('The fixture has fewer updates.')
      let loss = NaN
      const change = changeBy(student.parameters, () => {
        loss = valuesOf(fineTuningStep(tuned, { ...batch, kept, learningRate: tf.scalar(0.05) }).loss)[0] ?? NaN
      })
      near([loss], [wanted.loss], 'finePruning', 'updates', 'loss')
      nearSampled(change, wanted.change, 'finePruning', 'updates', 'change')
    })
    const weights = toFileOrder(head, head.variable.dataSync() as Float32Array)
    const cut = Array.from(kept.dataSync().keys()).filter((channel) => kept.dataSync()[channel] === 0)
    expect(cut).toHaveLength(19)
    for (const channel of cut)
      for (let place = 0; place < classes; place++)
        expect(Math.abs(weights[place * activity.length + channel] ?? NaN)).toBe(0)
  })
})

describe('I-BAU', () => {
  it('searches a perturbation and unlearns it as PyTorch does', () => {
    const { searches, updates } = golden.unlearning
    const student = studentOf()
    const variable = tf.variable(tf.ones([1, size, size, 3]))
    const unlearner: Unlearner = {
      student,
      perturbation: { name: 'perturbation', layout: 'plain', variable },
      penalty: 0.001,
    }
    const scale = tf.tensor4d([1 / 0.25, 1 / 0.2, 1 / 0.3], [1, 1, 1, 3])
    const batches = [0, 1].map((place) => ({ images: imagesOf(`clean${place}`), labels: labelsOf(`labels${place}`) }))
    batches.forEach(({ images }, place) => {
      const learningRate = tf.scalar(2)
      const { misled } = searchStep(unlearner, { images, scale, learningRate, keep: tf.scalar(place) })
      near(valuesOf(misled), [searches[place]?.misled ?? NaN], 'unlearning', 'searches', 'misled')
      near(variable.dataSync(), searches[place]?.perturbation ?? [], 'unlearning', 'searches', 'perturbation')
    })
    const options = { iterations: 3, step: 0.1 }
    const optimizer = createAdam(student.parameters)
    const [inner] = batches
    if (!inner) throw new Error('There is no first batch.')
    batches.forEach(({ images, labels }, place) => {
      const wanted = updates[place]
      if (!wanted) throw new Error('The fixture has fewer updates.')
      const carriers = [[2], [0, 3]][place] ?? []
      const mask = tf.tensor4d(
        Array.from({ length: count }, (_, image) => (carriers.includes(image) ? 1 : 0)),
        [count, 1, 1, 1],
      )
      tf.tidy(() => {
        const problem = { perturbation: variable, scale, outer: { images, labels }, inner, mask }
        const { gradients, adjoints } = unlearningGradient(student, problem, { ...options, penalty: 0.001 })
        near(valuesOf(adjoints.at(-1)), wanted.adjoint, 'unlearning', 'updates', 'adjoint')
        nearSampled(
          gradients.map((gradient, index) => toFileOrder(student.parameters[index] as Parameter, valuesOf(gradient))),
          wanted.gradient,
          'unlearning',
          'updates',
          'gradient',
        )
      })
      let outerLoss = NaN
      const change = changeBy(student.parameters, () => {
        const outputs = unlearningStep(
          { ...unlearner, ...options, optimizer },
          {
            ...{ images, labels, mask, scale, learningRate: tf.scalar(0.001) },
            ...{ innerImages: inner.images, innerLabels: inner.labels },
          },
        )
        outerLoss = valuesOf(outputs.outerLoss)[0] ?? NaN
      })
      near([outerLoss], [wanted.outerLoss], 'unlearning', 'updates', 'outerLoss')
      nearSampled(change, wanted.change, 'unlearning', 'updates', 'change')
    })
  })
})
