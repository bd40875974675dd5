/** Matrix products and norms over the last axes. */
import * as tf from '@tensorflow/tfjs-core'
import { plainOrder, productOf, sameOrder } from '../../../../graph/axes'
import { layerNorm, logSoftmax, softmax } from '../../../../maths/ops'
import type { OperatorCall } from '../call'
import { valuesPerImage, type TensorValue } from '../plan'
import { both } from '../run'
import { pairwise } from './elements'
import { float, int, only, plainRule, type OperatorRule } from './rule'

/** α·A·B + β·C of matrices: a linear layer, with PyTorch's weights [out, in] where B is transposed. */
const gemm: OperatorRule = {
  attributes: { alpha: float, beta: float, transA: only('int', 0), transB: only('int', 0, 1) },
  plan(call) {
    const left = call.planner.plain(call.tensor(0))
    const given = call.needed(1)
    if (left.shape.length !== 2 || given.shape.length !== 2) call.refuse('two matrices', `${left.shape.length} axes`)
    const turned = call.int('transB', 0) === 1
    const right =
      given.kind === 'weight' ? call.planner.weight(given, turned ? 'linear' : 'plain') : call.asTensor(given)
    const matrix = call.planner.arranged(right, turned ? [1, 0] : [0, 1])
    const outputs = given.shape[turned ? 0 : 1] ?? 0
    const inputs = given.shape[turned ? 1 : 0] ?? 0
    if (inputs !== left.shape[1]) call.refuse(`weights for ${left.shape[1] ?? 0} values`, String(inputs))
    const alpha = call.float('alpha', 1)
    const result = productStep(call, left, matrix, outputs)
    const scaled = alpha === 1 ? result : call.each(result, (x) => tf.mul(x, alpha))
    return [plusBias(call, scaled)]
  },
}

function productStep(call: OperatorCall, left: TensorValue, right: TensorValue, outputs: number): TensorValue {
  const axes = { shape: [left.shape[0] ?? 1, outputs], order: [0, 1], batch: left.batch }
  if (left.batch?.axis === 1) call.refuse('a sum over values of one image', 'one over images')
  call.planner.multiplyAdds += valuesPerImage(left) * outputs
  return call.step([left, right], axes, (inputs) => tf.matMul(...(both(inputs) as [tf.Tensor2D, tf.Tensor2D])))
}

function plusBias(call: OperatorCall, result: TensorValue): TensorValue {
  const bias = call.input(2)
  const beta = call.float('beta', 1)
  if (bias === undefined || beta === 0) return result
  return pairwise(call, result, bias, (left, right) => tf.add(left, beta === 1 ? right : tf.mul(right, beta)))
}

const turned = (rank: number): number[] => [...plainOrder(rank - 2), rank - 1, rank - 2]

/** As a kernel takes it: in the file's order, or with the last two axes swapped and a flag that says so. */
function matrixOf(call: OperatorCall, value: TensorValue): { value: TensorValue; transposed: boolean } {
  const other = turned(value.shape.length)
  return sameOrder(value.order, other)
    ? { value, transposed: true }
    : { value: call.planner.plain(value), transposed: false }
}

const matMul: OperatorRule = plainRule((call) => {
  const left = call.tensor(0)
  const right = call.tensor(1)
  const [rank, other] = [left.shape.length, right.shape.length]
  if (rank < 2 || other < 2) call.refuse('matrices', `${rank} and ${other} axes`)
  if (left.shape.at(-1) !== right.shape.at(-2))
    call.refuse(`a matrix with ${left.shape.at(-1) ?? 0} rows`, String(right.shape.at(-2)))
  if (left.batch?.axis === rank - 1 || (right.batch !== null && right.batch.axis >= other - 2))
    call.refuse('a sum over values of one image', 'one over images')
  return [other === 2 ? layer(call, left, right) : manyProducts(call, left, right)]
})

/** All vectors at once against one matrix. */
function layer(call: OperatorCall, left: TensorValue, right: TensorValue): TensorValue {
  const outputs = right.shape[1] ?? 1
  const inputs = right.shape[0] ?? 1
  const rows = call.planner.plain(call.reshaped(call.planner.plain(left), [productOf(left.shape) / inputs, inputs]))
  return call.reshaped(productStep(call, rows, call.planner.plain(right), outputs), [
    ...left.shape.slice(0, -1),
    outputs,
  ])
}

function manyProducts(call: OperatorCall, left: TensorValue, right: TensorValue): TensorValue {
  const rank = Math.max(left.shape.length, right.shape.length)
  const widened = (value: TensorValue): TensorValue =>
    value.shape.length === rank
      ? value
      : call.reshaped(value, [...new Array<number>(rank - value.shape.length).fill(1), ...value.shape])
  const [one, two] = [matrixOf(call, widened(left)), matrixOf(call, widened(right))]
  const shape = plainOrder(rank).map((axis) => {
    const [extent = 1, other = 1] = [one.value.shape[axis], two.value.shape[axis]]
    if (axis === rank - 2) return extent
    if (axis === rank - 1) return other
    if (extent !== other && extent !== 1 && other !== 1)
      call.refuse('extents that are equal or 1', `${extent}, ${other}`)
    return Math.max(extent, other)
  })
  const batch = one.value.batch ?? two.value.batch
  const axes = { shape, order: plainOrder(rank), batch }
  call.planner.multiplyAdds += valuesPerImage(axes) * (one.value.shape.at(-1) ?? 1)
  return call.step([one.value, two.value], axes, (inputs) => {
    const [x, y] = both(inputs)
    return tf.matMul(x, y, one.transposed, two.transposed)
  })
}

/** Over one axis; before operator set 13 over that axis and all after it. */
const softmaxRule = (run: (x: tf.Tensor2D) => tf.Tensor2D): OperatorRule => ({
  attributes: { axis: int },
  plan(call) {
    const value = call.tensor(0)
    const rank = value.shape.length
    const axis = call.axis(call.int('axis', call.operatorSet < 13 ? 1 : -1), rank)
    if (call.operatorSet < 13 && productOf(value.shape.slice(axis + 1)) !== 1)
      call.refuse('the last axis', `axis ${axis} of ${rank}`, 'axis')
    if (axis === value.batch?.axis) call.refuse('an axis of values', 'that of the images', 'axis')
    if (rank > 2) call.planner.seen.attentions += 1
    const order = [...value.order.filter((other) => other !== axis), axis]
    const stored = call.planner.arranged(value, order)
    const extent = value.shape[axis] ?? 1
    return [call.each(stored, (x) => tf.reshape(run(tf.reshape(x, [-1, extent])), x.shape))]
  },
})

/** Over `axis` and all after it. */
const layerNormRule: OperatorRule = {
  attributes: { axis: int, epsilon: float, stash_type: only('int', 1) },
  plan(call) {
    const value = call.tensor(0)
    const axis = call.axis(call.int('axis', -1), value.shape.length)
    if (value.batch !== null && value.batch.axis >= axis) call.refuse('axes of one image', 'that of the images', 'axis')
    const width = productOf(value.shape.slice(axis))
    const epsilon = call.float('epsilon', 1e-5)
    const scale = call.reshaped(call.tensor(1), [width])
    const offset = call.input(2) === undefined ? undefined : call.reshaped(call.tensor(2), [width])
    const plain = call.planner.plain(value)
    return [
      call.step([plain, scale, ...(offset ? [offset] : [])], plain, ([x, weight, bias]) => {
        const vectors = tf.reshape(x as tf.Tensor, [-1, width]) as tf.Tensor2D
        const given = { scale: weight as tf.Tensor1D, offset: (bias ?? tf.zeros([width])) as tf.Tensor1D }
        return tf.reshape(layerNorm(vectors, given, epsilon), (x as tf.Tensor).shape)
      }),
    ]
  },
}

const identity: OperatorRule = plainRule((call) => [call.needed(0)])

/** As in evaluation: nothing is dropped. */
const dropout: OperatorRule = {
  attributes: { ratio: float, seed: int, is_test: int },
  plan: (call) => [call.needed(0)],
}

export const productOperators: Readonly<Record<string, OperatorRule>> = {
  Gemm: gemm,
  MatMul: matMul,
  Softmax: softmaxRule(softmax),
  LogSoftmax: softmaxRule(logSoftmax),
  LayerNormalization: layerNormRule,
  Identity: identity,
  Dropout: dropout,
}
