/** Operators that move values: reshapes, joins, parts, padding. */
import * as tf from '@tensorflow/tfjs-core'
import { isLeading, plainOrder, productOf, transposedAxes, type Axes, type BatchPlace } from '../../../../graph/axes'
import { averagePool } from '../../../../maths/ops'
import type { OperatorCall } from '../call'
import { extentsFor, imageOrder, plannedBatch, type TensorValue } from '../plan'
import { first } from '../run'
import { int, ints, only, plainRule, type OperatorRule } from './rule'

/** 0 keeps an extent, −1 is what is left. A file made for one number of images says that number: it is any here. */
const reshape: OperatorRule = {
  attributes: { allowzero: only('int', 0, 1) },
  plan(call) {
    const value = call.tensor(0)
    const keeps = call.int('allowzero', 0) === 0
    const given = call
      .known(1)
      .values.map((extent, axis) => (extent === 0 && keeps ? (value.shape[axis] ?? 0) : extent))
    return [call.reshaped(value, wholeShape(call, value, forAnyBatch(call, value, given)))]
  },
}

function forAnyBatch(call: OperatorCall, value: TensorValue, given: readonly number[]): number[] {
  const { fixedBatch } = call
  const [leading = 1, ...others] = given
  if (fixedBatch === null || !isLeading(value.batch) || leading < 0) return [...given]
  if (given.includes(-1)) return leading === fixedBatch ? [plannedBatch, ...others] : [...given]
  const missing = productOf(value.shape) / productOf(given)
  return missing === plannedBatch / fixedBatch ? [leading * missing, ...others] : [...given]
}

function wholeShape(call: OperatorCall, { shape }: TensorValue, given: readonly number[]): number[] {
  const open = given.indexOf(-1)
  if (open < 0) return [...given]
  const rest = productOf(given.filter((_, axis) => axis !== open))
  const left = productOf(shape) / rest
  if (!Number.isInteger(left)) call.refuse(`a shape of ${productOf(shape)} values`, given.join(' × '))
  return given.map((extent, axis) => (axis === open ? left : extent))
}

const flatten: OperatorRule = {
  attributes: { axis: int },
  plan(call) {
    const value = call.tensor(0)
    const rank = value.shape.length
    const given = call.int('axis', 1)
    const axis = given === rank ? rank : call.axis(given, rank)
    noteEnd(call, value)
    return [call.reshaped(value, [productOf(value.shape.slice(0, axis)), productOf(value.shape.slice(axis))])]
  },
}

/** An image that becomes a vector ends the last stage. */
function noteEnd(call: OperatorCall, value: TensorValue): void {
  const [, , height = 1, width = 1] = value.shape
  if (
    value.shape.length === 4 &&
    isLeading(value.batch) &&
    value.order.join() === imageOrder.join() &&
    height * width > 1
  )
    call.planner.levels.push({ slot: value.slot, height, width })
}

/** Nothing moves: the stored tensor is seen in another order. */
const transpose: OperatorRule = {
  attributes: { perm: ints },
  plan(call) {
    const value = call.tensor(0)
    const rank = value.shape.length
    const permutation = call.ints('perm') ?? plainOrder(rank).reverse()
    if ([...permutation].sort((left, right) => left - right).join() !== plainOrder(rank).join())
      call.refuse(`each of ${rank} axes once`, permutation.join(', '), 'perm')
    const shape = permutation.map((axis) => value.shape[axis] ?? 1)
    return [{ ...value, shape, ...transposedAxes(value, permutation) }]
  },
}

/** An attribute before operator set 13, an input since. */
const axesOf = (call: OperatorCall, rank: number): number[] | undefined => {
  const given = call.ints('axes') ?? (call.input(1) === undefined ? undefined : call.known(1).values)
  return given?.map((axis) => call.axis(axis, rank))
}

const squeeze: OperatorRule = {
  attributes: { axes: ints },
  plan(call) {
    const value = call.tensor(0)
    const { shape } = value
    const gone = axesOf(call, shape.length) ?? plainOrder(shape.length).filter((axis) => shape[axis] === 1)
    const other = gone.find((axis) => shape[axis] !== 1)
    if (other !== undefined) call.refuse('axes of extent 1', `axis ${other} of ${shape[other] ?? 0}`)
    return [
      call.reshaped(
        value,
        shape.filter((_, axis) => !gone.includes(axis)),
      ),
    ]
  },
}

const unsqueeze: OperatorRule = {
  attributes: { axes: ints },
  plan(call) {
    const value = call.tensor(0)
    const count = (call.ints('axes') ?? call.known(1).values).length
    const rank = value.shape.length + count
    const added = axesOf(call, rank) ?? []
    const kept = [...value.shape]
    return [
      call.reshaped(
        value,
        plainOrder(rank).map((axis) => (added.includes(axis) ? 1 : (kept.shift() ?? 1))),
      ),
    ]
  },
}

/** In the stored order of the first image or tensor. */
const concat: OperatorRule = {
  attributes: { axis: int },
  plan(call) {
    const parts = call.node.inputs.map((_, index) => call.tensor(index))
    const [head] = parts
    if (!head) return call.refuse('parts', 'none')
    const axis = call.axis(call.int('axis', 1), head.shape.length)
    const { order, batch } = parts.find((part) => part.batch !== null) ?? head
    if (axis === batch?.axis) call.refuse('an axis of values', 'that of the images', 'axis')
    const whole = parts.map((part) => call.planner.arranged(perImage(call, part, batch), order))
    const other = whole.find((part) => part.shape.some((extent, at) => at !== axis && extent !== whole[0]?.shape[at]))
    if (other) call.refuse('parts of one shape', other.shape.join(' × '))
    const shape = plainOrder(order.length).map((at) =>
      at === axis ? whole.reduce((sum, part) => sum + (part.shape[at] ?? 0), 0) : (whole[0]?.shape[at] ?? 1),
    )
    const place = order.indexOf(axis)
    if (batch !== null && order.length === 4) call.planner.seen.joins += 1
    return [call.step(whole, { shape, order, batch }, (inputs) => tf.concat([...inputs], place))]
  },
}

/** What a file made for one image has once is repeated for each. */
function perImage(call: OperatorCall, part: TensorValue, batch: BatchPlace | null): TensorValue {
  if (batch === null || part.batch !== null || part.shape[batch.axis] !== 1 || call.fixedBatch === null) return part
  return expanded(
    call,
    part,
    part.shape.map((extent, axis) => (axis === batch.axis ? plannedBatch : extent)),
  )
}

/** A part along one axis; the images stay whole. */
function slice(call: OperatorCall, value: TensorValue, axis: number, begin: number, end: number): TensorValue {
  const extent = value.shape[axis] ?? 0
  if (begin === 0 && end === extent) return value
  if (axis === value.batch?.axis) call.refuse('all images', 'a part of them')
  if (end <= begin) call.refuse('a part with values', `from ${begin} to ${end}`)
  const shape = value.shape.map((whole, at) => (at === axis ? end - begin : whole))
  const axes = { ...value, shape }
  const begins = value.order.map((at) => (at === axis ? begin : 0))
  return call.step([value], axes, (inputs, { images }) => tf.slice(first(inputs), begins, extentsFor(axes, images)))
}

/** Every `step`-th pixel along both sides: what residual networks without filters in their shortcuts do. */
function everyPixel(call: OperatorCall, value: TensorValue, step: number): TensorValue {
  const image = call.planner.arranged(value, imageOrder)
  const shape = image.shape.map((extent, axis) => (axis > 1 ? Math.ceil(extent / step) : extent))
  return call.step([image], { ...image, shape }, (inputs) => averagePool(first(inputs) as tf.Tensor4D, 1, step))
}

const sliceRule: OperatorRule = {
  attributes: { starts: ints, ends: ints, axes: ints },
  plan(call) {
    let value = call.tensor(0)
    const starts = call.ints('starts') ?? call.known(1).values
    const ends = call.ints('ends') ?? call.known(2).values
    const rank = value.shape.length
    const axes = (call.ints('axes') ?? call.knownOr(3, plainOrder(starts.length))).map((axis) => call.axis(axis, rank))
    const steps = call.knownOr(4, new Array<number>(starts.length).fill(1))
    const strided = axes.filter((_, index) => steps[index] !== 1)
    axes.forEach((axis, index) => {
      const extent = value.shape[axis] ?? 0
      const bounded = (place: number): number => Math.min(Math.max(place < 0 ? place + extent : place, 0), extent)
      value = slice(call, value, axis, bounded(starts[index] ?? 0), bounded(ends[index] ?? extent))
    })
    if (strided.length === 0) return [value]
    const [step = 0] = steps.filter((given) => given !== 1)
    const both = rank === 4 && isLeading(value.batch) && [...strided].sort().join() === '2,3'
    if (!both || step < 1 || steps.some((given) => given !== 1 && given !== step))
      call.refuse('step 1, or the same step along both sides of an image', `steps ${steps.join(', ')}`)
    return [everyPixel(call, value, step)]
  },
}

const split: OperatorRule = {
  attributes: { axis: int, split: ints, num_outputs: int },
  plan(call) {
    const value = call.tensor(0)
    const axis = call.axis(call.int('axis', 0), value.shape.length)
    const extent = value.shape[axis] ?? 0
    if (axis === value.batch?.axis) call.refuse('all images', 'parts of them', 'axis')
    const count = call.node.outputs.length
    const each = Math.ceil(extent / count)
    const even = Array.from({ length: count }, (_, index) => Math.min(each, extent - index * each))
    const sizes = call.ints('split') ?? call.knownOr(1, even)
    if (sizes.length !== count || sizes.reduce((sum, size) => sum + size, 0) !== extent)
      call.refuse(`${count} parts of ${extent} in all`, sizes.join(', '))
    const results = sizes.map((size): Axes => ({
      ...value,
      shape: value.shape.map((whole, at) => (at === axis ? size : whole)),
    }))
    const place = value.order.indexOf(axis)
    return call.steps([value], results, (inputs) => tf.split(first(inputs), [...sizes], place))
  },
}

/** With one value; pads are an attribute before operator set 11, an input since. */
const pad: OperatorRule = {
  attributes: { mode: only('text', 'constant'), pads: ints, value: { kind: 'float' } },
  plan(call) {
    const value = call.tensor(0)
    const rank = value.shape.length
    const pads = call.ints('pads') ?? call.known(1).values
    const [fill = 0] = call.knownOr(2, [call.float('value', 0)])
    const axes = call.knownOr(3, plainOrder(rank)).map((axis) => call.axis(axis, rank))
    const around = plainOrder(rank).map((axis): [number, number] => {
      const place = axes.indexOf(axis)
      return place < 0 ? [0, 0] : [pads[place] ?? 0, pads[place + axes.length] ?? 0]
    })
    if (pads.length !== 2 * axes.length || around.flat().some((count) => count < 0 || count > 4_096))
      call.refuse('two numbers from 0 for each axis', pads.join(', '))
    if (value.batch !== null && around[value.batch.axis]?.some((count) => count > 0))
      call.refuse('all images', 'added ones')
    if (around.flat().every((count) => count === 0)) return [value]
    const shape = value.shape.map((extent, axis) => extent + (around[axis]?.[0] ?? 0) + (around[axis]?.[1] ?? 0))
    const stored = value.order.map((axis): [number, number] => around[axis] ?? [0, 0])
    return [call.step([value], { ...value, shape }, (inputs) => tf.pad(first(inputs), stored, fill))]
  },
}

const mostPlaces = 64
const mostRows = 1_024

/** Rows of a table of the file. */
function chosen(call: OperatorCall, table: TensorValue, axis: number, rows: readonly number[]): TensorValue {
  if (rows.length > mostRows) call.refuse(`at most ${mostRows} places`, String(rows.length))
  const shape = table.shape.map((extent, at) => (at === axis ? rows.length : extent))
  const stored = table.order.indexOf(axis)
  return call.step([table], { ...table, shape }, (inputs) =>
    tf.gather(first(inputs), tf.tensor1d([...rows], 'int32'), stored),
  )
}

/** At places that the file fixes: one of them drops the axis. */
const gather: OperatorRule = {
  attributes: { axis: int },
  plan(call) {
    const value = call.tensor(0)
    const axis = call.axis(call.int('axis', 0), value.shape.length)
    const extent = value.shape[axis] ?? 0
    const places = call.known(1)
    const at = places.values.map((place) => (place < 0 ? place + extent : place))
    const outside = at.find((place) => !(place >= 0 && place < extent))
    if (outside !== undefined) call.refuse(`places from 0 to ${extent - 1}`, String(outside))
    const [begin = 0] = at
    if (places.shape.length === 0) {
      const part = slice(call, value, axis, begin, begin + 1)
      return [
        call.reshaped(
          part,
          part.shape.filter((_, other) => other !== axis),
        ),
      ]
    }
    if (places.shape.length !== 1) call.refuse('one place, or a list', `${places.shape.length} axes of places`)
    if (at.every((place, index) => place === begin + index)) return [slice(call, value, axis, begin, begin + at.length)]
    if (value.batch === null) return [chosen(call, value, axis, at)]
    if (at.length > mostPlaces) call.refuse(`neighbours, or at most ${mostPlaces} places`, String(at.length))
    const parts = at.map((place) => slice(call, value, axis, place, place + 1))
    const shape = value.shape.map((whole, other) => (other === axis ? at.length : whole))
    const stored = value.order.indexOf(axis)
    return [call.step(parts, { ...value, shape }, (inputs) => tf.concat([...inputs], stored))]
  },
}

/** Repeats along axes of extent 1; a leading axis may become that of the images. */
function expanded(call: OperatorCall, value: TensorValue, target: readonly number[]): TensorValue {
  const rank = Math.max(target.length, value.shape.length)
  const wanted = [...new Array<number>(rank - target.length).fill(1), ...target]
  const source = call.planner.plain(call.broadcast(call.planner.plain(value), plainOrder(rank)))
  const shape = wanted.map((extent, axis) => (extent === 1 ? (source.shape[axis] ?? 1) : extent))
  const odd = shape.find((extent, axis) => source.shape[axis] !== 1 && source.shape[axis] !== extent)
  if (odd !== undefined) call.refuse('repetitions of axes of extent 1', target.join(' × '))
  if (shape.join() === source.shape.join()) return source
  const found = shape.findIndex((extent, axis) => source.shape[axis] === 1 && extent % plannedBatch === 0)
  const batch = source.batch ?? (found < 0 ? null : { axis: found, lead: 1 })
  const axes: Axes = { shape, order: plainOrder(rank), batch }
  return call.step([source], axes, (inputs, { images }) => {
    const x = first(inputs)
    return tf.tile(
      x,
      extentsFor(axes, images).map((extent, axis) => extent / (x.shape[axis] ?? 1)),
    )
  })
}

const expand: OperatorRule = plainRule((call) => [expanded(call, call.tensor(0), call.known(1).values)])

export const shapeOperators: Readonly<Record<string, OperatorRule>> = {
  Reshape: reshape,
  Flatten: flatten,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Concat: concat,
  Slice: sliceRule,
  Split: split,
  Pad: pad,
  Gather: gather,
  Expand: expand,
}
