/** How layers keep their parameters and buffers, and read them in a pass. */
import * as tf from '@tensorflow/tfjs-core'
import type { InitialStream } from './initial'
import type { ForwardContext, Parameter, ParameterLayout } from './types'

/** What the pass reads in place of a parameter. */
export const valueOf = <T extends tf.Tensor>(parameter: Parameter, context: ForwardContext): T =>
  (context.substitutes?.get(parameter.variable) ?? parameter.variable) as unknown as T

/** Where a network's parameters or buffers are gathered, and what they begin with. */
export interface Gathered {
  readonly stream: InitialStream
  parameter(made: NewParameter): Parameter
  buffer(made: NewParameter): Parameter
}

export interface NewParameter {
  readonly name: string
  readonly layout: ParameterLayout
  readonly shape: readonly number[]
  readonly values: Float32Array
  readonly image?: Parameter['image']
}

export function makeParameter({ name, layout, shape, values, image }: NewParameter, trainable: boolean): Parameter {
  const initial = tf.tensor(values, [...shape], 'float32')
  const parameter: Parameter = { name, layout, variable: tf.variable(initial, trainable), ...(image ? { image } : {}) }
  initial.dispose()
  return parameter
}

export const plain = (name: string, values: Float32Array, image?: Parameter['image']): NewParameter => ({
  name,
  layout: image ? 'biasToImage' : 'plain',
  shape: [values.length],
  values,
  ...(image ? { image } : {}),
})
