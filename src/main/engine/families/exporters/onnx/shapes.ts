/** Operations that move elements: reshapes, transpositions, joins, parts, padding. */
import { elementCount } from '../../../weights/weightMap'
import { isLeading, leadingBatch, plainOrder, transposedAxes } from '../../../graph/axes'
import { imageOrder, int, type Value } from './graph'
import { reshaped } from './reshape'
import type { Operation, Translate } from './translation'

/** An image that only layers with weights for a flattened image read is flattened as PyTorch does it: by channel. */
function readByLayers(operation: Operation): boolean {
  const readers = operation.readers()
  return (
    readers.length > 0 &&
    readers.every(({ node, input }) => input === 0 && operation.layoutOf(node.inputs[1]) === 'linearFromImage')
  )
}

const reshape: Translate = (operation) => {
  const { graph, shape } = operation
  const value = operation.value(0)
  if (value.shape.length === 4 && shape.length === 2 && isLeading(value.batch) && readByLayers(operation)) {
    const image = graph.arranged(value, imageOrder)
    const name = graph.tensor('Flatten', [image.name], { axis: int(1) })
    return [{ name, shape, order: plainOrder(2), batch: leadingBatch, byChannel: true }]
  }
  return [reshaped(graph, value, shape)]
}

/** Nothing moves: the stored tensor is seen in another order. */
const transpose: Translate = (operation) => {
  const value = operation.value(0)
  return [{ name: value.name, shape: operation.shape, ...transposedAxes(value, operation.integers(1)) }]
}

const concat: Translate = (operation) => {
  const { graph, shape, node } = operation
  const last = node.inputs.length - 1
  const parts = node.inputs.slice(0, last).map((_, input) => operation.value(input))
  const [axis = 0] = operation.axes(last, shape.length)
  const order = parts[0]?.order ?? plainOrder(shape.length)
  const names = parts.map((part) => graph.arranged(part, order).name)
  const batch = parts.find((part) => part.batch !== null)?.batch ?? null
  return [{ name: graph.tensor('Concat', names, { axis: int(order.indexOf(axis)) }), shape, order, batch }]
}

function pieces(operation: Operation, value: Value, axis: number): readonly Value[] {
  const { graph, node } = operation
  const sizes = node.outputs.map(({ shape }) => shape[axis] ?? 0)
  const split = graph.add(
    'Split',
    [value.name, graph.integers(sizes)],
    { axis: int(value.order.indexOf(axis)) },
    { outputs: sizes.length },
  )
  const { order, batch } = value
  return node.outputs.map(({ shape }, output) => ({ name: split.outputs[output] ?? '', shape, order, batch }))
}

const splitV: Translate = (operation) => {
  const value = operation.value(0)
  return pieces(operation, value, operation.axes(2, value.shape.length)[0] ?? 0)
}

const split: Translate = (operation) => {
  const value = operation.value(1)
  return pieces(operation, value, operation.axes(0, value.shape.length)[0] ?? 0)
}

const pad: Translate = (operation) => {
  const { graph, shape } = operation
  const value = operation.value(0)
  const around = operation.integers(1)
  const side = (end: 0 | 1): number[] => value.order.map((axis) => around[2 * axis + end] ?? 0)
  const fill = operation.node.inputs.length > 2 ? [operation.value(2).name] : []
  const name = graph.tensor('Pad', [value.name, graph.integers([...side(0), ...side(1)]), ...fill])
  return [{ name, shape, order: value.order, batch: value.batch }]
}

interface Span {
  readonly axis: number
  readonly begin: number
  readonly end: number
  readonly step: number
}

function sliced({ graph }: Operation, value: Value, spans: readonly Span[], shape: readonly number[]): Value {
  if (spans.length === 0) return value
  const of = (take: (span: Span) => number): string => graph.integers(spans.map(take))
  const name = graph.tensor('Slice', [
    value.name,
    of(({ begin }) => begin),
    of(({ end }) => end),
    of(({ axis }) => value.order.indexOf(axis)),
    of(({ step }) => step),
  ])
  return { name, shape, order: value.order, batch: value.batch }
}

/** Begins and sizes; the batch stays whole. */
const slice: Translate = (operation) => {
  const value = operation.value(0)
  const begins = operation.integers(1)
  const spans = operation.shape.flatMap((extent, axis): Span[] => {
    const begin = begins[axis] ?? 0
    if (extent === value.shape[axis]) return []
    if (axis === value.batch?.axis) return operation.refuse('a part of the batch')
    return [{ axis, begin, end: begin + extent, step: 1 }]
  })
  return [sliced(operation, value, spans, operation.shape)]
}

/** Begins, ends and steps along leading axes; axes of `shrink_axis_mask` go. */
const stridedSlice: Translate = (operation) => {
  const value = operation.value(0)
  const [begins, ends, steps] = [1, 2, 3].map((input) => operation.integers(input))
  const mask = (name: string, axis: number): boolean => ((operation.number(name, 0) >> axis) & 1) === 1
  if (operation.number('ellipsis_mask', 0) !== 0 || operation.number('new_axis_mask', 0) !== 0)
    operation.refuse('an ellipsis or a new axis')
  const shape = [...value.shape]
  const spans = (begins ?? []).flatMap((start, axis): Span[] => {
    const extent = value.shape[axis] ?? 1
    const step = steps?.[axis] ?? 1
    const shrinks = mask('shrink_axis_mask', axis)
    const begin = mask('begin_mask', axis) && !shrinks ? 0 : start < 0 ? start + extent : start
    const stop = ends?.[axis] ?? extent
    const end = shrinks
      ? begin + 1
      : mask('end_mask', axis)
        ? extent
        : Math.min(stop < 0 ? stop + extent : stop, extent)
    if (begin === 0 && end === extent && step === 1) return []
    if (axis === value.batch?.axis || step < 1) return operation.refuse('a part of the batch, or steps back')
    shape[axis] = Math.ceil((end - begin) / step)
    return [{ axis, begin, end, step }]
  })
  const part = sliced(operation, value, spans, shape)
  return [elementCount(shape) === 0 ? operation.refuse('an empty part') : reshapedIfOther(operation, part)]
}

const reshapedIfOther = ({ graph, shape }: Operation, value: Value): Value =>
  value.shape.join() === shape.join() ? value : reshaped(graph, value, shape)

const reshapedOnly: Translate = (operation) => [reshapedIfOther(operation, operation.value(0))]

/** Rows of the first axis… or of another, at known places. */
const gather: Translate = (operation) => {
  const { graph, shape } = operation
  const value = operation.value(0)
  const [axis = 0] = operation.axes(2, value.shape.length)
  const places = operation.integers(1)
  if (shape.length !== value.shape.length) operation.refuse('places that are no list')
  const name = graph.tensor('Gather', [value.name, graph.integers(places)], { axis: int(value.order.indexOf(axis)) })
  return [{ name, shape, order: value.order, batch: value.batch }]
}

/** Stacks along a new axis. */
const pack: Translate = (operation) => {
  const { graph, shape, node } = operation
  const axis = operation.number('axis', 0)
  const one = shape.map((extent, index) => (index === axis ? 1 : extent))
  const parts = node.inputs.map((_, input) => graph.plain(reshaped(graph, operation.value(input), one)))
  const names = parts.map(({ name }) => name)
  const batch = parts.find((part) => part.batch !== null)?.batch ?? null
  return [{ name: graph.tensor('Concat', names, { axis: int(axis) }), shape, order: plainOrder(shape.length), batch }]
}

/** Repeats axes of extent 1; a new leading axis of the batch's size follows the batch of the images. */
const broadcast: Translate = (operation) => {
  const { graph, shape } = operation
  const value = graph.plain(operation.value(0))
  const missing = shape.length - value.shape.length
  const own = value.batch && { ...value.batch, axis: value.batch.axis + missing }
  const batch = own ?? (shape[0] === operation.batchSize ? leadingBatch : null)
  const order = plainOrder(shape.length)
  const known = (extents: readonly number[]): string => graph.integers(extents)
  const target =
    batch === null
      ? known(shape)
      : own !== null
        ? known(shape.map((extent, axis) => (axis === own.axis ? 1 : extent)))
        : graph.tensor('Concat', [operation.imageCount(), known(shape.slice(1))], { axis: int(0) })
  return [{ name: graph.tensor('Expand', [value.name, target]), shape, order, batch }]
}

/** Repeats whole; the batch only where it was 1. */
const tile: Translate = (operation) => {
  const { graph, shape } = operation
  const value = operation.value(0)
  const times = operation.integers(1)
  if (value.batch === null && times[0] === operation.batchSize) return broadcast(operation)
  const name = graph.tensor('Tile', [value.name, graph.integers(value.order.map((axis) => times[axis] ?? 1))])
  return [{ name, shape, order: value.order, batch: value.batch }]
}

export const shapeOperations: Readonly<Record<string, Translate>> = {
  Reshape: reshape,
  ExpandDims: reshapedOnly,
  Squeeze: reshapedOnly,
  Transpose: transpose,
  ConcatV2: concat,
  Split: split,
  SplitV: splitV,
  Pad: pad,
  PadV2: pad,
  Slice: slice,
  StridedSlice: stridedSlice,
  GatherV2: gather,
  Pack: pack,
  BroadcastTo: broadcast,
  Tile: tile,
}
