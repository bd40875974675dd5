/** Gradients against differences of function values, in random directions. */
import * as tf from '@tensorflow/tfjs-core'
import { expect } from 'vitest'
import { createStream } from '../../../src/main/engine/maths/random'

type Function = (...inputs: tf.Tensor[]) => tf.Tensor
const step = 1e-2

export const randomTensor = <T extends tf.Tensor = tf.Tensor>(name: string, shape: number[], scale = 1): T =>
  tf.tensor(
    createStream(7, name)
      .normal(shape.reduce((total, extent) => total * extent, 1))
      .map((value) => value * scale),
    shape,
  ) as T

const dot = (a: tf.Tensor, b: tf.Tensor): tf.Scalar => tf.sum(tf.mul(a, b))
const valueOf = (tensor: tf.Tensor): number => tf.tidy(() => tensor.dataSync()[0] ?? NaN)

/** Σ f(inputs) · r with a fixed random r: one number whose gradients exercise every output. */
function scalarOf(f: Function, inputs: readonly tf.Tensor[]): Function {
  const weights = tf.tidy(() => randomTensor('weights', f(...inputs).shape))
  return (...at) => dot(f(...at), weights)
}

function expectDirectional(
  f: Function,
  gradient: (...inputs: tf.Tensor[]) => tf.Tensor,
  inputs: readonly tf.Tensor[],
  index: number,
  label: string,
): void {
  tf.tidy(() => {
    const input = inputs[index] as tf.Tensor
    const direction = randomTensor(`direction ${label}`, input.shape)
    const at = (distance: number): number =>
      valueOf(
        f(
          ...inputs.map((other, position) => (position === index ? tf.add(input, tf.mul(direction, distance)) : other)),
        ),
      )
    const difference = (at(step) - at(-step)) / (2 * step)
    const derivative = valueOf(dot(gradient(...inputs), direction))
    const scale = Math.max(Math.abs(difference), Math.sqrt(input.size) * 0.05, 0.05)
    expect(Math.abs(derivative - difference) / scale, label).toBeLessThan(0.02)
  })
}

const gradientBy =
  (f: Function, index: number): Function =>
  (...inputs) =>
    tf.grad((x) => f(...inputs.map((other, position) => (position === index ? x : other))))(inputs[index] as tf.Tensor)

/** First derivatives by every input. */
export function expectGradients(
  f: Function,
  inputs: readonly tf.Tensor[],
  by = inputs.map((_input, index) => index),
): void {
  tf.tidy(() => {
    const scalar = scalarOf(f, inputs)
    for (const index of by) expectDirectional(scalar, gradientBy(scalar, index), inputs, index, `by input ${index}`)
  })
}

/**
 * Second derivatives of f²: of each first derivative, by every input. The square makes functions that are linear in an
 * input depend on it still.
 */
export function expectSecondGradients(
  f: Function,
  inputs: readonly tf.Tensor[],
  by = inputs.map((_input, index) => index),
): void {
  tf.tidy(() => {
    const scalar = scalarOf((...at) => tf.square(f(...at)), inputs)
    for (const first of by) {
      const weights = randomTensor(`second ${first}`, (inputs[first] as tf.Tensor).shape)
      const projected: Function = (...at) => dot(gradientBy(scalar, first)(...at), weights)
      for (const second of by) {
        expectDirectional(projected, gradientBy(projected, second), inputs, second, `by input ${first}, then ${second}`)
      }
    }
  })
}
