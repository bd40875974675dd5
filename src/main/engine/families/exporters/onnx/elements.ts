/** Operations element by element, and sums along axes. */
import { broadcastAxes, withoutAxes, type BatchPlace } from '../../../graph/axes'
import { float, int, type Attributes, type OnnxGraph, type Value } from './graph'
import type { Operation, Translate } from './translation'

/** One value in, the same shape out: what `operators` make of it, one after the other. */
const chain =
  (...operators: readonly string[]): Translate =>
  (operation) => [operators.reduce((value, operator) => applied(operation, value, operator), operation.value(0))]

const unary =
  (operator: string, attributes: (operation: Operation) => Attributes): Translate =>
  (operation) => [applied(operation, operation.value(0), operator, attributes(operation))]

function applied({ graph }: Operation, value: Value, operator: string, attributes: Attributes = {}): Value {
  const { shape, order, batch } = value
  return { name: graph.tensor(operator, [value.name], attributes), shape, order, batch }
}

/** min(max(x, 0), 6) */
const relu6: Translate = (operation) => {
  const { graph } = operation
  const { shape, order, batch, name } = operation.value(0)
  return [{ shape, order, batch, name: graph.tensor('Clip', [name, graph.floats([0]), graph.floats([6])]) }]
}

/**
 * Both stored so that ONNX's broadcasting, which aligns the last axes, means what the program's does: in the order of
 * the larger one, the other with axes of extent 1 in the places of those that it lacks.
 */
export function aligned(graph: OnnxGraph, left: Value, right: Value): readonly [Value, Value] {
  const size = ({ shape }: Value): number => shape.reduce((product, extent) => product * extent, shape.length)
  const { order } = size(left) >= size(right) ? left : right
  return [spread(graph, left, order), spread(graph, right, order)]
}

/** Stored in `order`, which may have more axes: new ones are put in front, as broadcasting does. */
function spread(graph: OnnxGraph, value: Value, order: readonly number[]): Value {
  if (value.shape.length === 0 || order.length < value.shape.length) return value
  const { own, shape, batch } = broadcastAxes(value, order)
  const stored = graph.arranged(value, own)
  const missing = order.length - own.length
  const leading = order.slice(0, missing).every((axis) => axis < missing)
  if (leading) return { name: stored.name, shape, order, batch }
  const extents = order.map((axis) => (axis === batch?.axis ? -1 : (shape[axis] ?? 1)))
  return { name: graph.tensor('Reshape', [stored.name, graph.integers(extents)]), shape, order, batch }
}

const binary =
  (operator: string): Translate =>
  (operation) => [combined(operation, operator, operation.value(0), operation.value(1))]

function combined({ graph, shape }: Operation, operator: string, left: Value, right: Value): Value {
  const [first, second] = aligned(graph, left, right)
  const { order } = first.order.length >= second.order.length ? first : second
  const shift = ({ batch, shape: own }: Value): BatchPlace | null =>
    batch && { ...batch, axis: batch.axis + shape.length - own.length }
  return {
    name: graph.tensor(operator, [first.name, second.name]),
    shape,
    order,
    batch: shift(first) ?? shift(second),
  }
}

/** A bias that follows its layer alone becomes its third input. */
const add: Translate = (operation) => {
  const { layer } = operation.value(0)
  const bias = operation.weight(1)
  if (layer?.inputs.length === 2 && bias?.shape.length === 1 && operation.readsAlone(0)) {
    layer.inputs.push(operation.graph.plain(operation.value(1)).name)
    return [operation.value(0)]
  }
  return binary('Add')(operation)
}

const squaredDifference: Translate = (operation) => {
  const difference = combined(operation, 'Sub', operation.value(0), operation.value(1))
  return [combined(operation, 'Mul', difference, difference)]
}

/** ReduceSum takes its axes as an input, the others of this operator set as an attribute. */
const reduction =
  (operator: 'ReduceSum' | 'ReduceMean' | 'ReduceMax'): Translate =>
  (operation) => {
    const { graph, shape } = operation
    const value = operation.value(0)
    const axes = operation.axes(1, value.shape.length)
    if (value.batch !== null && axes.includes(value.batch.axis)) operation.refuse('a sum over the batch')
    const kept = operation.flag('keep_dims')
    const stored = axes.map((axis) => value.order.indexOf(axis)).sort((left, right) => left - right)
    const keepdims = { keepdims: int(kept ? 1 : 0) }
    const name =
      operator === 'ReduceSum'
        ? graph.tensor(operator, [value.name, graph.integers(stored)], keepdims)
        : graph.tensor(operator, [value.name], { axes: { kind: 'ints', value: stored }, ...keepdims })
    if (kept) return [{ name, shape, order: value.order, batch: value.batch }]
    return [{ name, ...withoutAxes(value, axes) }]
  }

/** Over the program's last axis. */
const softmax = (operator: 'Softmax' | 'LogSoftmax'): Translate =>
  unary(operator, (operation) => {
    const { shape, order } = operation.value(0)
    return { axis: int(order.indexOf(shape.length - 1)) }
  })

export const elementOperations: Readonly<Record<string, Translate>> = {
  Relu: chain('Relu'),
  Relu6: relu6,
  LeakyRelu: unary('LeakyRelu', (operation) => ({ alpha: float(operation.number('alpha', 0.2)) })),
  Elu: chain('Elu'),
  Sigmoid: chain('Sigmoid'),
  Tanh: chain('Tanh'),
  Erf: chain('Erf'),
  Exp: chain('Exp'),
  Log: chain('Log'),
  Neg: chain('Neg'),
  Abs: chain('Abs'),
  Sqrt: chain('Sqrt'),
  Rsqrt: chain('Sqrt', 'Reciprocal'),
  Reciprocal: chain('Reciprocal'),
  Softplus: chain('Softplus'),
  Identity: chain('Identity'),
  Square: (operation) => [combined(operation, 'Mul', operation.value(0), operation.value(0))],
  SquaredDifference: squaredDifference,
  Softmax: softmax('Softmax'),
  LogSoftmax: softmax('LogSoftmax'),
  Add: add,
  AddV2: add,
  Sub: binary('Sub'),
  Mul: binary('Mul'),
  RealDiv: binary('Div'),
  Div: binary('Div'),
  Maximum: binary('Max'),
  Minimum: binary('Min'),
  Pow: binary('Pow'),
  Sum: reduction('ReduceSum'),
  Mean: reduction('ReduceMean'),
  Max: reduction('ReduceMax'),
}
