/** Networks with the reference's weights, reference arrays in memory layout, and distances. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { createZsktGenerator } from '../../src/main/engine/families/architectures/generators/zskt'
import { wrn } from '../../src/main/engine/families/architectures/wrn'
import { readSafetensors } from '../../src/main/engine/weights/safetensors/read'
import { loadWeights, toFileOrder } from '../../src/main/engine/weights/network'
import type { Classifier, Generator, NetworkState, Parameter } from '../../src/main/engine/maths/nn'
import { createStream } from '../../src/main/engine/maths/random'
import { arrayOf, floatsOf, readNpz, type NpyArray } from '../fixtures/npz'
import { requireShared } from '../fixtures/shared'
import { expectWithin } from './tolerances'

export type Arrays = ReadonlyMap<string, NpyArray>

export const goldenPath = (...parts: string[]): string => join(requireShared('golden'), ...parts)
export const goldenArrays = (...parts: string[]): Arrays => readNpz(goldenPath(...parts))
export const manifestOf = <T>(folder: string): T =>
  JSON.parse(readFileSync(goldenPath(folder, 'manifest.json'), 'utf8')) as T

const problem = { classes: 10, channels: 3, height: 32, width: 32 }

async function loaded<N extends NetworkState>(network: N, file: string): Promise<N> {
  loadWeights(network, (await readSafetensors(goldenPath('g1_models', file))).tensors, file)
  return network
}

/** WRN-16-1 or WRN-16-2 of g1_models. */
export const goldenClassifier = (width: 1 | 2): Promise<Classifier> =>
  loaded(
    wrn.create({ depth: 16, width }, { ...problem, stream: createStream(1, 'parity') }),
    `wrn16_${width}.safetensors`,
  )

/** The ZSKT generator of g1_models. */
export const goldenGenerator = (): Promise<Generator> =>
  loaded(
    createZsktGenerator({
      latent: 100,
      width: 128,
      channels: 3,
      height: 32,
      imageWidth: 32,
      stream: createStream(1, 'parity'),
    }),
    'zskt_generator.safetensors',
  )

/** A reference array as a tensor, as it is. */
export function tensorOf<T extends tf.Tensor = tf.Tensor>(arrays: Arrays, name: string): T {
  return tf.tensor(floatsOf(arrays, name), [...arrayOf(arrays, name).shape], 'float32') as T
}

/** NCHW reference images as an NHWC tensor; `index` picks one of a stack. */
export function imagesOf(arrays: Arrays, name: string, index?: number): tf.Tensor4D {
  return tf.tidy(() => {
    const all = tensorOf(arrays, name)
    const one =
      index === undefined
        ? all
        : tf.reshape(
            tf.slice(all, [index, ...all.shape.slice(1).map(() => 0)], [1, ...all.shape.slice(1)]),
            all.shape.slice(1),
          )
    return tf.transpose(one, [0, 2, 3, 1]) as tf.Tensor4D
  })
}

export const numberOf = (arrays: Arrays, name: string, index = 0): number => Number(arrayOf(arrays, name).data[index])

/** NHWC tensor as NCHW numbers. */
export const channelsFirst = (x: tf.Tensor): Float32Array =>
  tf.tidy(() => tf.transpose(x, [0, 3, 1, 2]).dataSync()) as Float32Array

/** A gradient in memory layout as the reference has it. */
export const inFileOrder = (parameter: Parameter, gradient: tf.Tensor): Float32Array =>
  toFileOrder(parameter, gradient.dataSync() as Float32Array)

/** ‖a − b‖₂ / ‖b‖₂. */
export function relativeDistance(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length)
  let difference = 0
  let size = 0
  for (let index = 0; index < wanted.length; index++) {
    difference += (Number(got[index]) - Number(wanted[index])) ** 2
    size += Number(wanted[index]) ** 2
  }
  return Math.sqrt(difference / Math.max(size, 1e-300))
}

/** Expects a number within `bound` relative, or 1e-6 absolute, of the wanted one. */
export function expectNear(got: number, wanted: number, bound: number, message?: string): void {
  expectWithin(Math.abs(got - wanted), Math.max(bound * Math.abs(wanted), 1e-6), message)
}

/** Largest |a − b|. */
export function largestDifference(got: ArrayLike<number>, wanted: ArrayLike<number>): number {
  expect(got.length).toBe(wanted.length)
  let largest = 0
  for (let index = 0; index < wanted.length; index++) {
    const difference = Math.abs(Number(got[index]) - Number(wanted[index]))
    if (!(difference <= largest)) largest = difference
  }
  return largest
}

/** Of each tensor its norm, and the first few of its entries at equal distances, as `sampled` of parity.py gives them. */
export interface Sampled {
  norms: number[]
  entries: number[]
}
const sampledEntries = 4

export function sampled(tensors: readonly Float32Array[]): Sampled {
  return {
    norms: tensors.map(length),
    entries: tensors.flatMap((values) => [
      ...values
        .filter((_value, index) => index % Math.max(1, Math.floor(values.length / sampledEntries)) === 0)
        .subarray(0, sampledEntries),
    ]),
  }
}

export function length(values: ArrayLike<number>): number {
  let total = 0
  for (let index = 0; index < values.length; index++) total += Number(values[index]) ** 2
  return Math.sqrt(total)
}

/**
 * Convolution biases of the generator: batch norm follows, so their true gradient is zero and the values are rounding
 * noise.
 */
export const withoutGradient = new Set(['layers.4.bias', 'layers.8.bias', 'layers.11.bias'])
