/** A network beside PyTorch's definition of it: logits, blocks, gradients, buffers. */
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { architectures } from '../../src/main/engine/families/architectures'
import { applyUpdates, differentiate, type Classifier, type Parameter } from '../../src/main/engine/maths/nn'
import { sum } from '../../src/main/engine/maths/ops'
import { createStream } from '../../src/main/engine/maths/random'
import { fileShapeOf, loadWeights, weightsOf } from '../../src/main/engine/weights/network'
import { toFloat32, type WeightMap, type WeightTensor } from '../../src/main/engine/weights/weightMap'
import { defaultsOf } from '../../src/shared/schema'
import { hashed, hashedWeights } from '../fixtures/hashed'
import type { Case, Quantity, Sampled } from './cases'
import { channelsFirst, inFileOrder, length, relativeDistance } from './golden'
import { boundFrom, expectWithin, roundingBound } from './tolerances'

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

function expectBlocks(activations: readonly tf.Tensor4D[], wanted: readonly Sampled[], bound: number): void {
  expect(activations).toHaveLength(wanted.length)
  wanted.forEach(({ norm, samples }, index) => {
    const got = channelsFirst(activations[index] as tf.Tensor4D)
    expectWithin(relativeDistance(sampled(`block ${index}`, got, samples.length), samples), bound, `block ${index}`)
    expectWithin(Math.abs(length(got) / norm - 1), bound, `block ${index}, length`)
  })
}

/** Sum of the logits times coefficients that both sides make up; its gradients, and what else the pass gives. */
function trainingPass(network: Classifier, images: tf.Tensor4D) {
  const [count] = images.shape
  const coefficients = tf.tensor2d(hashed('loss', count * network.classes, 0, 1), [count, network.classes])
  return differentiate(network.parameters, (updates) => {
    const { logits, activations } = network.forward(images, { training: true, updates })
    const blocks = activations.map((activation, index) => [`block${index}`, activation] as const)
    return {
      loss: sum<tf.Scalar>(tf.mul(logits, coefficients)),
      outputs: { logits, ...(Object.fromEntries(blocks) as Record<string, tf.Tensor>) },
    }
  })
}

function expectGradients(
  parameters: readonly Parameter[],
  found: readonly tf.Tensor[],
  wanted: Case['gradients'],
  bound: (quantity: Quantity) => number,
): void {
  const gradients = parameters.map((parameter, index) => inFileOrder(parameter, found[index] as tf.Tensor))
  // A bias before batch norm has no gradient but rounding.
  const rounding = roundingBound * Math.max(...gradients.map(length))
  parameters.forEach(({ name }, index) => {
    const gradient = gradients[index] ?? new Float32Array()
    const { norm, samples } = wanted[name] ?? { norm: NaN, samples: [] }
    const what = `gradient of ${name}`
    expectWithin(Math.abs(length(gradient) - norm), bound('gradients') * norm + rounding, `${what}, length`)
    const got = sampled(name, gradient, samples.length)
    const difference = length(got.map((value, entry) => value - (samples[entry] ?? NaN)))
    const size = Math.max(length(samples), norm * Math.sqrt(samples.length / gradient.length))
    expectWithin(difference, bound('samples') * size + rounding, `${what}, entries`)
  })
}

/**
 * Logits, blocks, gradients and buffers of a case within what single precision leaves of them.
 * @param usual at least what a gradient moves: see `usualMove`
 */
export function expectAsInPyTorch(wanted: Case, usual: (quantity: Quantity) => number): void {
  const { architecture, params, shape, classes, moved } = wanted
  const [count, channels, height, width] = shape
  const member = architectures.get(architecture)
  const problem = { classes, channels, height, width, stream: createStream(1, 'parity') }
  const network = member.create({ ...defaultsOf(member.params), ...params } as never, problem)
  loadWeights(network, startWeights([...network.parameters, ...network.buffers]))
  expect(network.parameters.map(({ name }) => name)).toEqual(Object.keys(wanted.gradients))
  const bound = (quantity: Quantity): number => boundFrom(moved(quantity))
  const images = tf.tidy(() =>
    tf.transpose(tf.tensor4d(hashed('images', count * channels * height * width, 0, 1.7), [...shape]), [0, 2, 3, 1]),
  )
  tf.tidy(() => {
    const evaluated = network.forward(images, { training: false })
    expectWithin(relativeDistance(evaluated.logits.dataSync(), wanted.eval), bound('eval'), 'logits in evaluation')
    expectBlocks(evaluated.activations, wanted.evalBlocks, bound('blocks'))
    const { outputs, gradients, updates } = trainingPass(network, images)
    const { logits, ...blocks } = outputs
    expectWithin(relativeDistance(logits.dataSync(), wanted.train), bound('train'), 'logits in training')
    expectBlocks(Object.values(blocks) as tf.Tensor4D[], wanted.trainBlocks, bound('blocks'))
    expectGradients(network.parameters, gradients, wanted.gradients, (quantity) =>
      boundFrom(Math.max(moved(quantity), usual(quantity))),
    )
    applyUpdates(updates)
  })
  for (const [buffer, tensor] of weightsOf({ parameters: [], buffers: network.buffers })) {
    const wantedLength = wanted.buffers[buffer] ?? NaN
    expectWithin(Math.abs(length(toFloat32(tensor)) / wantedLength - 1), bound('buffers'), buffer)
  }
  images.dispose()
  network.dispose()
}
