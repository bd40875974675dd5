/** Operators element by element. */
import * as tf from '@tensorflow/tfjs-core'
import { productOf } from '../../../../graph/axes'
import { elu, erf, exp, gelu, hardSwish, leakyRelu, relu, relu6, sigmoid, tanh } from '../../../../maths/ops'
import type { OperatorCall } from '../call'
import type { PlanValue, TensorValue } from '../plan'
import { both } from '../run'
import { float, only, plainRule, type OperatorRule } from './rule'

type Function = (x: tf.Tensor) => tf.Tensor

const unary = (run: Function): OperatorRule => plainRule((call) => [call.each(call.tensor(0), run)])

const withAttributes = (
  attributes: OperatorRule['attributes'],
  run: (call: OperatorCall) => Function,
): OperatorRule => ({ attributes, plan: (call) => [call.each(call.tensor(0), run(call))] })

/** The only number of a constant. */
const scalarOf = (value: PlanValue | undefined): number | undefined =>
  value?.kind === 'known' && value.values.length === 1 ? value.values[0] : undefined

/** max(x, limit) without a kink of its own in the second derivative. */
const atLeast = (x: tf.Tensor, limit: number): tf.Tensor =>
  limit === 0 ? relu(x) : tf.add(relu(tf.sub(x, limit)), limit)
const atMost = (x: tf.Tensor, limit: number): tf.Tensor => tf.sub(limit, relu(tf.sub(limit, x)))

function clamped(x: tf.Tensor, low: number, high: number): tf.Tensor {
  if (low === 0 && high === 6) return relu6(x)
  const above = Number.isFinite(low) && low > -3e38 ? atLeast(x, low) : x
  return Number.isFinite(high) && high < 3e38 ? atMost(above, high) : above
}

/** Bounds are attributes before operator set 11, inputs since. */
const clip: OperatorRule = {
  attributes: { min: float, max: float },
  plan(call) {
    const bound = (input: number, name: string, otherwise: number): number =>
      call.input(input) === undefined
        ? call.float(name, otherwise)
        : (scalarOf(call.known(input)) ?? call.refuse('one number', 'several', name))
    const [low, high] = [bound(1, 'min', -Infinity), bound(2, 'max', Infinity)]
    return [call.each(call.tensor(0), (x) => clamped(x, low, high))]
  },
}

/** max(0, min(1, αx + β)) */
const hardSigmoidRule = withAttributes({ alpha: float, beta: float }, (call) => {
  const [alpha, beta] = [call.float('alpha', 0.2), call.float('beta', 0.5)]
  return (x) => tf.mul(relu6(tf.add(tf.mul(x, 6 * alpha), 6 * beta)), 1 / 6)
})

const eluRule = withAttributes({ alpha: float }, (call) => {
  const alpha = call.float('alpha', 1)
  if (alpha === 1) return elu
  return (x) => {
    const positive = relu(x)
    return tf.add(positive, tf.mul(tf.sub(elu(x), positive), alpha))
  }
})

const leakyReluRule = withAttributes({ alpha: float }, (call) => {
  const slope = call.float('alpha', 0.01)
  return (x) => (slope > 0 && slope < 1 ? leakyRelu(x, slope) : tf.sub(relu(x), tf.mul(relu(tf.neg(x)), slope)))
})

const geluRule = withAttributes({ approximate: only('text', 'none', 'tanh') }, (call) =>
  call.text('approximate', 'none') === 'none' ? gelu : tanhGelu,
)

/** x/2 · (1 + tanh(√(2/π) · (x + 0.044715 x³))) */
function tanhGelu(x: tf.Tensor): tf.Tensor {
  const cube = tf.mul(tf.mul(x, x), x)
  const inner = tf.mul(tf.add(x, tf.mul(cube, 0.044715)), Math.sqrt(2 / Math.PI))
  return tf.mul(tf.mul(x, 0.5), tf.add(tanh(inner), 1))
}

type Pairwise = (left: tf.Tensor | number, right: tf.Tensor | number) => tf.Tensor

/** Broadcast as ONNX does it, from the last axis on; the larger one keeps its stored order. */
export function pairwise(call: OperatorCall, left: PlanValue, right: PlanValue, run: Pairwise): TensorValue {
  const [first, second] = [scalarOf(left), scalarOf(right)]
  if (second !== undefined && left.shape.length >= right.shape.length)
    return call.each(call.asTensor(left), (x) => run(x, second))
  if (first !== undefined && right.shape.length >= left.shape.length)
    return call.each(call.asTensor(right), (x) => run(first, x))
  const [one, other] = [call.asTensor(left), call.asTensor(right)]
  const size = ({ shape }: TensorValue): number => shape.length * 2 ** 52 + productOf(shape)
  const { order } = size(one) >= size(other) ? one : other
  const [x, y] = [call.broadcast(one, order), call.broadcast(other, order)]
  const shape = x.shape.map((extent, axis) => broadcastExtent(call, extent, y.shape[axis] ?? 1))
  if (x.batch !== null && y.batch !== null && (x.batch.axis !== y.batch.axis || x.batch.lead !== y.batch.lead))
    call.refuse('images along the same axis', `axes ${x.batch.axis} and ${y.batch.axis}`)
  return call.step([x, y], { shape, order, batch: x.batch ?? y.batch }, (inputs) => run(...both(inputs)))
}

function broadcastExtent(call: OperatorCall, left: number, right: number): number {
  if (left === right || right === 1) return left
  return left === 1 ? right : call.refuse('extents that are equal or 1', `${left} and ${right}`)
}

const binary = (run: Pairwise): OperatorRule =>
  plainRule((call) => [pairwise(call, call.needed(0), call.needed(1), run)])

const product: Pairwise = (left, right) => tf.mul(left, right)

const sum: OperatorRule = plainRule((call) => {
  const [left, right] = [call.needed(0), call.needed(1)]
  if ([left, right].every((value) => value.kind === 'tensor' && value.batch !== null)) call.planner.seen.sums += 1
  return [pairwise(call, left, right, (x, y) => tf.add(x, y))]
})

/** Exponents that a file fixes; a square is a product. */
const power: OperatorRule = plainRule((call) => {
  const exponent = scalarOf(call.known(1)) ?? call.refuse('one exponent', 'several')
  const run: Function =
    exponent === 2
      ? (x) => tf.mul(x, x)
      : exponent === 0.5
        ? (x) => tf.sqrt(x)
        : exponent === 1
          ? (x) => x
          : exponent === 3
            ? (x) => tf.mul(tf.mul(x, x), x)
            : exponent === -1
              ? (x) => tf.div(1, x)
              : (x) => tf.pow(x, exponent)
  return [call.each(call.tensor(0), run)]
})

/** max(a, b) = b + relu(a − b) */
const maximum: Pairwise = (left, right) => {
  if (right === 0) return relu(left as tf.Tensor)
  if (left === 0) return relu(right as tf.Tensor)
  return tf.add(right, relu(tf.sub(left, right)))
}
const minimum: Pairwise = (left, right) => tf.sub(right, relu(tf.sub(right, left)))

const chained = (run: Pairwise): OperatorRule =>
  plainRule((call) => {
    const values = call.node.inputs.map((_, index) => call.needed(index))
    const [start, ...others] = values
    if (!start) return call.refuse('an input', 'none')
    return [others.reduce<PlanValue>((total, value) => pairwise(call, total, value, run), start)]
  })

/** x where positive, slope·x elsewhere; one slope for each channel. */
const parametricRelu: OperatorRule = plainRule((call) => {
  const value = call.tensor(0)
  const negative = pairwise(
    call,
    call.each(value, (x) => relu(tf.neg(x))),
    call.needed(1),
    product,
  )
  return [pairwise(call, call.each(value, relu), negative, (left, right) => tf.sub(left, right))]
})

/** Numbers that are whole in the file come as float32. */
const cast: OperatorRule = {
  attributes: { to: only('int', 1, 10, 11, 16), saturate: only('int', 0, 1) },
  plan: (call) => [call.needed(0)],
}

const softplus: Function = (x) => tf.add(relu(x), tf.log(tf.add(exp(tf.neg(tf.add(relu(x), relu(tf.neg(x))))), 1)))

export const elementOperators: Readonly<Record<string, OperatorRule>> = {
  Relu: unary(relu),
  LeakyRelu: leakyReluRule,
  PRelu: parametricRelu,
  Clip: clip,
  Sigmoid: unary(sigmoid),
  HardSigmoid: hardSigmoidRule,
  HardSwish: unary(hardSwish),
  Tanh: unary(tanh),
  Elu: eluRule,
  Erf: unary(erf),
  Gelu: geluRule,
  Softplus: unary(softplus),
  Exp: unary(exp),
  Log: unary((x) => tf.log(x)),
  Sqrt: unary((x) => tf.sqrt(x)),
  Neg: unary((x) => tf.neg(x)),
  Reciprocal: unary((x) => tf.div(1, x)),
  Add: sum,
  Sub: binary((left, right) => tf.sub(left, right)),
  Mul: binary(product),
  Div: binary((left, right) => (typeof right === 'number' ? tf.mul(left, 1 / right) : tf.div(left, right))),
  Pow: power,
  Max: chained(maximum),
  Min: chained(minimum),
  Sum: chained((left, right) => tf.add(left, right)),
  Cast: cast,
}
