/**
 * What a file computes from shapes and constants is computed when it is planned: exporters write the number of images
 * of a reshape that way. Values are numbers in row-major order.
 */
import { productOf } from '../../../graph/axes'
import type { OperatorCall } from './call'
import { graphLimits } from '../../../weights/onnxGraph'
import type { KnownValue } from './plan'

type Fold = (call: OperatorCall) => KnownValue

const whole = (values: readonly number[], shape: readonly number[] = [values.length]): KnownValue => ({
  kind: 'known',
  type: 'int64',
  shape,
  values,
})

/** Row-major steps of each axis. */
const stepsOf = (shape: readonly number[]): number[] => shape.map((_, axis) => productOf(shape.slice(axis + 1)))

/** Broadcast, element by element. */
function pairwise(left: KnownValue, right: KnownValue, compute: (x: number, y: number) => number): KnownValue {
  const rank = Math.max(left.shape.length, right.shape.length)
  const widened = ({ shape }: KnownValue): number[] => [...new Array<number>(rank - shape.length).fill(1), ...shape]
  const [one, other] = [widened(left), widened(right)]
  const shape = one.map((extent, axis) => Math.max(extent, other[axis] ?? 1))
  const places = [one, other].map((own) => {
    const steps = stepsOf(own)
    return (index: number): number =>
      stepsOf(shape).reduce((at, step, axis) => {
        const place = Math.floor(index / step) % (shape[axis] ?? 1)
        return at + (own[axis] === 1 ? 0 : place * (steps[axis] ?? 0))
      }, 0)
  })
  const values = Array.from({ length: productOf(shape) }, (_, index) =>
    compute(left.values[places[0]?.(index) ?? 0] ?? 0, right.values[places[1]?.(index) ?? 0] ?? 0),
  )
  const type = left.type === 'int64' && right.type === 'int64' ? 'int64' : 'float32'
  return { kind: 'known', type, shape, values }
}

const arithmetic =
  (compute: (x: number, y: number, integer: boolean) => number): Fold =>
  (call) => {
    const [left, right] = [call.known(0), call.known(1)]
    const integer = left.type === 'int64' && right.type === 'int64'
    return pairwise(left, right, (x, y) => compute(x, y, integer))
  }

const elementwise =
  (compute: (x: number) => number): Fold =>
  (call) => ({ ...call.known(0), values: call.known(0).values.map(compute) })

const gather: Fold = (call) => {
  const [table, places] = [call.known(0), call.known(1)]
  if (call.int('axis', 0) !== 0 || table.shape.length > 1) call.refuse('places in a list', `${table.shape.length} axes`)
  const values = places.values.map((place) => table.values[place < 0 ? place + table.values.length : place])
  if (values.includes(undefined)) call.refuse(`places below ${table.values.length}`, places.values.join(', '))
  return { ...table, shape: places.shape, values: values as number[] }
}

const concat: Fold = (call) => {
  const parts = call.node.inputs.map((_, index) => call.known(index))
  if (parts.some(({ shape }) => shape.length > 1)) call.refuse('lists', 'tables of numbers')
  return { ...call.known(0), ...listOf(parts.flatMap(({ values }) => [...values])) }
}

const listOf = (values: readonly number[]): Pick<KnownValue, 'shape' | 'values'> => ({ shape: [values.length], values })

/** A table of other extents, each value taken from where `from` says. */
function rearranged(
  value: KnownValue,
  shape: readonly number[],
  from: (place: readonly number[]) => number[],
): KnownValue {
  const steps = stepsOf(shape)
  const own = stepsOf(value.shape)
  const values = Array.from({ length: productOf(shape) }, (_, index) => {
    const place = steps.map((step, axis) => Math.floor(index / step) % (shape[axis] ?? 1))
    return value.values[from(place).reduce((at, entry, axis) => at + entry * (own[axis] ?? 0), 0)] ?? 0
  })
  return { ...value, shape, values }
}

/** Along any axes, also backwards. */
const slice: Fold = (call) => {
  const starts = call.ints('starts') ?? call.known(1).values
  const ends = call.ints('ends') ?? call.known(2).values
  const axes =
    call.ints('axes') ??
    call.knownOr(
      3,
      starts.map((_, index) => index),
    )
  const steps = call.knownOr(4, [])
  return axes.reduce((value, given, index) => {
    const axis = call.axis(given, value.shape.length)
    const extent = value.shape[axis] ?? 0
    const step = steps[index] ?? 1
    const last = step < 0 ? extent - 1 : extent
    const bounded = (place: number): number =>
      Math.min(Math.max(place < 0 ? place + extent : place, step < 0 ? -1 : 0), last)
    const begin = bounded(starts[index] ?? 0)
    const count = Math.max(0, Math.ceil((bounded(ends[index] ?? extent) - begin) / step))
    if (!Number.isFinite(count)) call.refuse('steps other than 0', steps.join(', '))
    const shape = value.shape.map((whole, at) => (at === axis ? count : whole))
    return rearranged(value, shape, (place) => place.map((at, other) => (other === axis ? begin + at * step : at)))
  }, call.known(0))
}

const transposed: Fold = (call) => {
  const value = call.known(0)
  const permutation = call.ints('perm') ?? value.shape.map((_, axis) => axis).reverse()
  if (permutation.length !== value.shape.length)
    call.refuse(`${value.shape.length} axes`, permutation.join(', '), 'perm')
  const shape = permutation.map((axis) => value.shape[axis] ?? 1)
  return rearranged(value, shape, (place) => value.shape.map((_, axis) => place[permutation.indexOf(axis)] ?? 0))
}

const reshaped: Fold = (call) => {
  const value = call.known(0)
  const given = call.known(1).values
  const rest = productOf(given.filter((extent) => extent !== -1))
  const shape = given.map((extent) => (extent === -1 ? value.values.length / rest : extent))
  if (productOf(shape) !== value.values.length) call.refuse(`${value.values.length} values`, given.join(' × '))
  return { ...value, shape }
}

/** Of lists and single numbers: all that shapes need. */
const squeezed: Fold = (call) => {
  const value = call.known(0)
  return { ...value, shape: value.values.length === 1 ? [] : listOf(value.values).shape }
}
const unsqueezed: Fold = (call) => {
  const value = call.known(0)
  const added = (call.ints('axes') ?? call.known(1).values).length
  return { ...value, shape: [...new Array<number>(added).fill(1), ...value.shape] }
}

const filled: Fold = (call) => {
  const shape = call.known(0).values
  const count = productOf(shape)
  if (count > graphLimits.constantValues) call.refuse(`at most ${graphLimits.constantValues} values`, String(count))
  const [value = 0] = call.input(1) === undefined ? [call.float('value', 0)] : call.known(1).values
  return { kind: 'known', type: 'float32', shape, values: new Array<number>(count).fill(value) }
}

const range: Fold = (call) => {
  const [start = 0, limit = 0, step = 1] = [0, 1, 2].map((index) => call.known(index).values[0] ?? 0)
  const count = Math.max(0, Math.ceil((limit - start) / step))
  if (!(count <= graphLimits.constantValues)) call.refuse(`at most ${graphLimits.constantValues} values`, String(count))
  return whole(Array.from({ length: count }, (_, index) => start + index * step))
}

const where: Fold = (call) => {
  const condition = call.known(0)
  const chosen = pairwise(condition, call.known(1), (test, value) => (test === 0 ? NaN : value))
  const merged = pairwise(chosen, call.known(2), (value, other) => (Number.isNaN(value) ? other : value))
  return { ...merged, type: call.known(1).type }
}

const product: Fold = (call) => whole([productOf(call.known(0).values)], call.int('keepdims', 1) === 1 ? [1] : [])

/** What is computed where all inputs are known. */
export const folds: ReadonlyMap<string, Fold> = new Map(
  Object.entries({
    Add: arithmetic((x, y) => x + y),
    Sub: arithmetic((x, y) => x - y),
    Mul: arithmetic((x, y) => x * y),
    Div: arithmetic((x, y, integer) => (integer ? Math.trunc(x / y) : x / y)),
    Mod: arithmetic((x, y) => ((x % y) + y) % y),
    Pow: arithmetic((x, y) => x ** y),
    Min: arithmetic((x, y) => Math.min(x, y)),
    Max: arithmetic((x, y) => Math.max(x, y)),
    Equal: arithmetic((x, y) => Number(x === y)),
    Less: arithmetic((x, y) => Number(x < y)),
    Greater: arithmetic((x, y) => Number(x > y)),
    Not: elementwise((x) => Number(x === 0)),
    Neg: elementwise((x) => -x),
    Sqrt: elementwise(Math.sqrt),
    Floor: elementwise(Math.floor),
    Ceil: elementwise(Math.ceil),
    Cast: (call) => ({ ...call.known(0), type: [6, 7].includes(call.int('to', 1)) ? 'int64' : 'float32' }),
    Gather: gather,
    Concat: concat,
    Slice: slice,
    Transpose: transposed,
    Reshape: reshaped,
    Squeeze: squeezed,
    Unsqueeze: unsqueezed,
    Range: range,
    Where: where,
    ReduceProd: product,
  } satisfies Record<string, Fold>),
)

/** Operators whose result depends on shapes and constants alone. */
export const shapeFolds: ReadonlyMap<string, Fold> = new Map(
  Object.entries({
    Shape(call) {
      const { shape } = call.needed(0)
      const rank = shape.length
      const place = (given: number): number => (given < 0 ? given + rank : given)
      return whole(shape.slice(place(call.int('start', 0)), place(call.int('end', rank))))
    },
    Size: (call) => whole([productOf(call.needed(0).shape)], []),
    ConstantOfShape: filled,
  } satisfies Record<string, Fold>),
)
