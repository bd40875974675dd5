/**
 * What the parity tests of the inversion family share: small networks whose weights are hashes, and how near is near.
 */
import * as tf from '@tensorflow/tfjs-core'
import { wrn } from '../../src/main/engine/families/architectures/wrn'
import { loadWeights } from '../../src/main/engine/weights/network'
import type { NetworkState } from '../../src/main/engine/maths/nn'
import type { Classifier } from '../../src/main/engine/maths/nn/types'
import { createStream } from '../../src/main/engine/maths/random'
import { hashed, hashedWeights } from '../fixtures/hashed'
import { relativeDistance } from './golden'
import { boundOf, expectWithin } from './tolerances'

export interface Measured {
  value: number
  gradient: number[]
}

/** Expects them as near as the quantity at this path of tolerances.json asks. */
export const near = (actual: ArrayLike<number>, expected: readonly number[], ...quantity: readonly string[]): void =>
  expectWithin(
    relativeDistance(Float32Array.from(actual), Float32Array.from(expected)),
    boundOf(...quantity),
    quantity.slice(1).join(', '),
  )

export const logitsOf = (name: string, spread = 3): tf.Tensor2D => tf.tensor2d(hashed(name, 30, 0, spread), [6, 5])

export function compare(
  wanted: Measured | undefined,
  quantity: readonly string[],
  loss: (x: tf.Tensor) => tf.Scalar,
  input: tf.Tensor,
): void {
  const { value, grad } = tf.valueAndGrad((x: tf.Tensor) => loss(x))(input)
  near(value.dataSync(), [wanted?.value ?? NaN], ...quantity, 'value')
  const gradient = input.rank === 4 ? tf.transpose(grad, [0, 3, 1, 2]) : grad
  near(gradient.dataSync(), wanted?.gradient ?? [], ...quantity, 'gradient')
}

export const size = 8
export const stream = createStream(1, 'parity')
export const filled = <N extends NetworkState>(network: N, prefix: string): N => {
  loadWeights(network, hashedWeights([...network.parameters, ...network.buffers], prefix))
  return network
}
export const classifier = (prefix: string): Classifier =>
  filled(wrn.create({ depth: 10, width: 1 }, { classes: 5, channels: 3, height: size, width: size, stream }), prefix)
export const normalization = { mean: [0.4, 0.5, 0.6], standardDeviation: [0.2, 0.25, 0.3] }
export const image = { height: size, width: size, channels: 3 }
