/** What analyses see of a network: gradients against finite differences, masks, activations, shuffled teachers. */
import * as tf from '@tensorflow/tfjs-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { architectures } from '../../../src/main/engine/families/architectures'
import { divergencesOf, logProbabilities } from '../../../src/main/engine/families/analyses/answers'
import type { OpenNetwork, ShuffledTeachers } from '../../../src/main/engine/families/analyses/askedTypes'
import { createStepProgram, type StepProgram } from '../../../src/main/engine/graph'
import type { ImageSet } from '../../../src/main/engine/images/types'
import { createStream } from '../../../src/main/engine/maths/random'
import { totalVariation } from '../../../src/main/engine/maths/losses/imagePrior'
import type { Classifier } from '../../../src/main/engine/maths/nn/types'
import { startTensorFlow } from '../../../src/main/engine/runtime'
import { createOpenNetwork } from '../../../src/main/engine/trainer/asked/openNetwork'
import { createVaccineProbe } from '../../../src/main/engine/trainer/asked/shuffledTeachers'

const shape = { height: 8, width: 8, channels: 3 } as const
const size = 8 * 8 * 3
/** A byte is a small step. */
const fineDeviation = 20
const fine = { mean: [0.5, 0.5, 0.5], standardDeviation: [20, 20, 20] }
const normalization = { mean: [0.5, 0.5, 0.5], standardDeviation: [0.25, 0.25, 0.25] }
const images: ImageSet = {
  ...shape,
  count: 3,
  pixels: Uint8Array.from({ length: 3 * size }, (_, i) => ((i * i * 7 + i * 31) % 254) + 1),
  labels: new Int32Array(3),
}

let classifier: Classifier
let network: OpenNetwork
let program: StepProgram
beforeAll(async () => {
  await startTensorFlow()
  const { member, values } = architectures.open({ id: 'wrn', params: { depth: 10, width: 1 } }, 'test')
  classifier = member.create(values, { ...shape, classes: 4, stream: createStream(1, 'open') })
  program = createStepProgram({ mode: 'graph' })
  network = createOpenNetwork({ program, name: 'net', title: 'WRN-10-1', classifier, image: shape, normalization })
})
afterAll(() => {
  program.dispose()
  classifier.dispose()
})

describe('a network that is looked into', () => {
  it('names its layers in the order in which images pass them', () => {
    expect(network.layers.slice(0, 3)).toEqual([
      { name: 'conv1', kind: 'convolution', height: 8, width: 8, channels: 16 },
      { name: 'block1.layer.0.bn1', kind: 'batchNorm', height: 8, width: 8, channels: 16 },
      { name: 'block1.layer.0.conv1', kind: 'convolution', height: 8, width: 8, channels: 16 },
    ])
    expect(network.layers.at(-1)).toMatchObject({ name: 'bn1', channels: 64 })
  })

  it('has gradients of a logit that finite differences bear out', () => {
    const classes = [0, 3, 1]
    const { gradients, values } = network.gradients(images, { classes })
    const logitOf = (changed: Float32Array): number => {
      const batch = tf.tensor4d(changed, [3, 8, 8, 3])
      const { logits } = classifier.forward(batch, { training: false })
      const found = (logits.arraySync() as number[][])[1]?.[3] ?? NaN
      tf.dispose([batch, logits])
      return found
    }
    const place = Array.from({ length: size }, (_, index) => size + index).reduce((most, index) =>
      Math.abs(gradients[index] ?? 0) > Math.abs(gradients[most] ?? 0) ? index : most,
    )
    const moved = (by: number): Float32Array => values.map((value, index) => (index === place ? value + by : value))
    const slope = (logitOf(moved(1e-2)) - logitOf(moved(-1e-2))) / 2e-2
    expect(gradients[place]).toBeCloseTo(slope, 2)
    expect(Math.abs(slope)).toBeGreaterThan(1e-4)
  })

  it('has gradients by a layer: of the last batch norm, the class’s weights over the places that are not cut off', () => {
    const { gradients, values } = network.gradients(images, { classes: [2, 2, 2], layer: 'bn1' })
    const weights = network.weights().get('fc.weight')?.data as Float32Array
    const places = gradients.length / 3 / 64
    values
      .slice(0, 64)
      .forEach((value, channel) =>
        expect(gradients[channel]).toBeCloseTo(value > 0 ? (weights[2 * 64 + channel] ?? NaN) / places : 0, 6),
      )
  })

  it('answers without channels as if they were nothing, and as it is without none', () => {
    // Two graphs: what a processor fuses in one of them may round its last bit otherwise.
    const asItIs = network.logits(images)
    const withNone = network.logitsWithout(images, new Map())
    expect(withNone).toHaveLength(asItIs.length)
    withNone.forEach((value, index) => expect(value).toBeCloseTo(asItIs[index] ?? NaN, 5))
    const all = Array.from({ length: 64 }, (_, channel) => channel)
    const bias = network.weights().get('fc.bias')?.data as Float32Array
    const without = network.logitsWithout(images, new Map([['bn1', all]]))
    without.forEach((value, index) => expect(value).toBeCloseTo(bias[index % 4] ?? NaN, 6))
  })

  it('tells how much each channel changes, nothing where the images are the same', () => {
    const same = network.channelActivity(images, images)
    expect(same.every(({ change }) => change.every((value) => value === 0))).toBe(true)
    const others = { ...images, pixels: images.pixels.map((value) => 255 - value) }
    const first = network.channelActivity(images, others)[0]
    let sum = 0
    const collected: Float32Array[] = []
    for (const set of [images, others])
      network.activations(set, 'conv1', (values, _first, count) => collected.push(values.slice(0, count * 8 * 8 * 16)))
    for (let image = 0; image < 3; image++) {
      let squares = 0
      for (let place = 0; place < 64; place++) {
        const at = (image * 64 + place) * 16
        squares += ((collected[1]?.[at] ?? 0) - (collected[0]?.[at] ?? 0)) ** 2
      }
      sum += Math.sqrt(squares)
    }
    expect(first?.change[0]).toBeCloseTo(sum / 3, 4)
  })

  it('has the gradient by one perturbation of all images that finite differences bear out', () => {
    const weights = Float32Array.from([0, 1, 0, 0, -1, 0, 0, 0, 0.25, 0.25, 0.25, 0.25])
    const perturbation = createStream(2, 'perturbation')
      .normal(size)
      .map((value) => value * 0.05)
    const { loss, gradient, logits } = network.perturbed(images, { perturbation, weights })
    const wanted = [0, 1, 2].flatMap((row) => [...logProbabilities(logits.subarray(4 * row, 4 * row + 4))])
    expect(loss).toBeCloseTo(-wanted.reduce((sum, value, place) => sum + value * (weights[place] ?? 0), 0), 4)
    const steepest = gradient.reduce(
      (most, value, place) => (Math.abs(value) > Math.abs(gradient[most] ?? 0) ? place : most),
      0,
    )
    const lossAt = (by: number): number => {
      const moved = perturbation.map((value, place) => (place === steepest ? value + by : value))
      return network.perturbed(images, { perturbation: moved, weights }).loss
    }
    const slope = (lossAt(2e-3) - lossAt(-2e-3)) / 4e-3
    expect(Math.abs(slope)).toBeGreaterThan(1e-2)
    expect((gradient[steepest] ?? NaN) / slope).toBeCloseTo(1, 1)
  })

  it('is as it is under no perturbation, and clipped to the range of images under a large one', () => {
    const none = { perturbation: new Float32Array(size), weights: new Float32Array(12) }
    const plain = network.logits(images)
    network.perturbed(images, none).logits.forEach((value, place) => expect(value).toBeCloseTo(plain[place] ?? NaN, 4))
    const white = { ...images, pixels: new Uint8Array(3 * size).fill(255) }
    const bleached = network.perturbed(images, { ...none, perturbation: new Float32Array(size).fill(2) })
    network.logits(white).forEach((value, place) => expect(bleached.logits[place]).toBeCloseTo(value, 4))
    expect(bleached.gradient.every((value) => value === 0)).toBe(true)
  })

  it('has the gradient of an inversion that finite differences bear out, and knows its own batch statistics', () => {
    const intensities = Float32Array.from(images.pixels, (value) => 0.2 + (0.6 * value) / 255)
    const question = { images: intensities, labels: [1, 2, 3], statisticsWeight: 0.5, variationWeight: 0.1 }
    const answer = network.inversion(question)
    const steepest = answer.gradient.reduce(
      (most, value, place) => (Math.abs(value) > Math.abs(answer.gradient[most] ?? 0) ? place : most),
      0,
    )
    const variationOf = (values: Float32Array): number =>
      tf.tidy(() => totalVariation(tf.tensor4d(values, [3, 8, 8, 3])).dataSync()[0] ?? NaN)
    const lossAt = (by: number): number => {
      const moved = intensities.map((value, place) => (place === steepest ? value + by : value))
      const { crossEntropy, statistics } = network.inversion({ ...question, images: moved })
      return crossEntropy + 0.5 * (statistics ?? NaN) + 0.1 * variationOf(moved)
    }
    const slope = (lossAt(4e-3) - lossAt(-4e-3)) / 8e-3
    expect(Math.abs(slope)).toBeGreaterThan(1e-2)
    expect((answer.gradient[steepest] ?? NaN) / slope).toBeCloseTo(1, 1)
  })

  it('refuses a layer that it does not have', () =>
    expect(() => network.activations(images, 'conv9', () => undefined)).toThrow('has no layer "conv9"'))

  it('leaves no tensor behind', () => {
    const before = tf.memory().numTensors
    network.gradients(images, { classes: [0, 0, 0] })
    network.logitsWithout(images, new Map())
    network.features(images)
    network.features(images)
    network.perturbed(images, { perturbation: new Float32Array(size), weights: new Float32Array(12) })
    expect(tf.memory().numTensors).toBe(before)
  })
})

describe('shuffled teachers', () => {
  let found: ShuffledTeachers | undefined
  it('are the same for the same seed, others for another, and the teacher is as it was', () => {
    const shuffled = createVaccineProbe({ program, teacher: classifier, normalization })
    const choice = { members: 2, layers: 3, seed: 4 }
    found = shuffled?.shuffled(images, choice)
    expect(shuffled?.shuffled(images, choice).members).toEqual(found?.members)
    const again = createVaccineProbe({
      program: createStepProgram({ mode: 'eager' }),
      teacher: classifier,
      normalization,
    })
    again
      ?.shuffled(images, choice)
      .mean.forEach((value, index) => expect(value).toBeCloseTo(found?.mean[index] ?? NaN, 4))
    expect(shuffled?.shuffled(images, { ...choice, seed: 5 }).mean).not.toEqual(found?.mean)
    const asItIs = network.logits(images)
    found?.teacher.forEach((value, index) => expect(value).toBeCloseTo(asItIs[index] ?? NaN, 5))
    expect(shuffled?.shuffled(images, choice).members).toEqual(found?.members)
  })

  it('push images where finite differences say that the divergence falls and grows', () => {
    const probe = createVaccineProbe({ program, teacher: classifier, normalization: fine })
    const choice = { members: 2, layers: 2, seed: 1 }
    const gradients = probe?.divergenceGradients(images, choice)
    const own = gradients?.subarray(size, 2 * size) ?? new Float32Array()
    // Bytes move by one along the gradient's signs: a step that is small after this normalisation.
    const moved = (by: number): ImageSet => ({
      ...images,
      pixels: images.pixels.map((value, place) => value + by * Math.sign(gradients?.[place] ?? 0)),
    })
    const klAt = (set: ImageSet): number => {
      const shuffled = probe?.shuffled(set, choice)
      return divergencesOf(shuffled?.teacher ?? own, shuffled?.mean ?? own, 4)[1] ?? NaN
    }
    const slope = (klAt(moved(1)) - klAt(moved(-1))) / 2
    const expected = own.reduce((sum, value) => sum + Math.abs(value), 0) / 255 / fineDeviation
    expect(slope / expected).toBeCloseTo(1, 1)
  })
})
