/** Sums and means along axes. */
import { plainOrder, withoutAxes } from '../../../../graph/axes'
import { meanKept, sumKept } from '../../../../maths/ops'
import type { Tensor } from '@tensorflow/tfjs-core'
import { extentsFor, imageOrder } from '../plan'
import { first, reshape } from '../run'
import { int, ints, type OperatorRule } from './rule'

/** Axes are an attribute before operator set 13 (sums) and 18 (means), an input since; none: all, or nothing. */
const reduction = (run: (x: Tensor, axes: readonly number[]) => Tensor): OperatorRule => ({
  attributes: { axes: ints, keepdims: int, noop_with_empty_axes: int },
  plan(call) {
    const value = call.tensor(0)
    const rank = value.shape.length
    const given = call.ints('axes') ?? call.knownOr(1, [])
    if (given.length === 0 && call.int('noop_with_empty_axes', 0) === 1) return [value]
    const axes = (given.length === 0 ? plainOrder(rank) : given).map((axis) => call.axis(axis, rank))
    if (value.batch !== null && axes.includes(value.batch.axis))
      call.refuse('axes of one image', 'that of the images', 'axes')
    const [, , height = 1, width = 1] = value.shape
    if (rank === 4 && value.order.join() === imageOrder.join() && axes.includes(2) && axes.includes(3))
      call.planner.levels.push({ slot: value.slot, height, width })
    const stored = axes.map((axis) => value.order.indexOf(axis))
    const shape = value.shape.map((extent, axis) => (axes.includes(axis) ? 1 : extent))
    const kept = call.step([value], { ...value, shape }, (inputs) => run(first(inputs), stored))
    if (call.int('keepdims', 1) === 1) return [kept]
    const left = withoutAxes({ ...value, shape }, axes)
    return [call.step([kept], left, (inputs, { images }) => reshape(first(inputs), extentsFor(left, images)))]
  },
})

export const reductionOperators: Readonly<Record<string, OperatorRule>> = {
  ReduceMean: reduction(meanKept),
  ReduceSum: reduction(sumKept),
}
