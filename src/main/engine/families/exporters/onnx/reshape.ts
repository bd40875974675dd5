import { reshapedAxes } from '../../../graph/axes'
import type { OnnxGraph, Value } from './graph'

/** Open in the batch's axis, which is no other number of a shape. */
export function reshaped(graph: OnnxGraph, value: Value, shape: readonly number[]): Value {
  const { inPlace, order, batch } = reshapedAxes(value, shape, graph.batchSize)
  const source = inPlace ? value : graph.plain(value)
  const extents = order.map((axis) => (axis === batch?.axis ? -1 : (shape[axis] ?? 1)))
  return { name: graph.tensor('Reshape', [source.name, graph.integers(extents)]), shape, order, batch }
}
