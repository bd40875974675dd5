/** What transformers have beside linear layers. */
import type * as tf from '@tensorflow/tfjs-core'
import { layerNorm } from '../ops'
import { plain, valueOf, type Gathered } from './gathered'
import { normalValues } from './initial'
import type { ForwardContext } from './types'

export function layerNormLayer(
  gathered: Gathered,
  name: string,
  width: number,
  epsilon: number,
): (x: tf.Tensor2D, context: ForwardContext) => tf.Tensor2D {
  const weight = gathered.parameter(plain(`${name}.weight`, new Float32Array(width).fill(1)))
  const bias = gathered.parameter(plain(`${name}.bias`, new Float32Array(width)))
  return (x, context) => layerNorm(x, { scale: valueOf(weight, context), offset: valueOf(bias, context) }, epsilon)
}

export function ownParameter(
  gathered: Gathered,
  name: string,
  shape: readonly number[],
  deviation: number,
): (context: ForwardContext) => tf.Tensor {
  const count = shape.reduce((product, extent) => product * extent, 1)
  const parameter = gathered.parameter({
    name,
    layout: 'plain',
    shape,
    values: normalValues(gathered.stream, count, deviation),
  })
  return (context) => valueOf(parameter, context)
}
