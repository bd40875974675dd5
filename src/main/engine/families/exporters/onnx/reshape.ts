/**
 * Reshapes between stored tensors. A reshape merges and splits neighbouring axes: it falls apart into groups of axes of
 * equal size before and after. Where each group lies together in the stored tensor, the reshape can be done there.
 */
import { plainOrder, type OnnxGraph, type Value } from './graph'

interface Group {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

const product = (extents: readonly number[]): number => extents.reduce((total, extent) => total * extent, 1)

/** The finest groups of equal size, from the left; axes of extent 1 join the group before them. */
export function groupsOf(before: readonly number[], after: readonly number[]): Group[] {
  const groups: Group[] = []
  let [left, right] = [0, 0]
  while (left < before.length || right < after.length) {
    const group = { before: [] as number[], after: [] as number[] }
    const sizes = { before: 1, after: 1 }
    const takeLeft = (): void => {
      sizes.before *= before[left] ?? 1
      group.before.push(left++)
    }
    const takeRight = (): void => {
      sizes.after *= after[right] ?? 1
      group.after.push(right++)
    }
    if (left < before.length) takeLeft()
    if (right < after.length) takeRight()
    while (sizes.before !== sizes.after) {
      if (sizes.before < sizes.after && left < before.length) takeLeft()
      else if (right < after.length) takeRight()
      else break
    }
    groups.push(group)
  }
  return groups
}

/**
 * Which axis of the new shape holds the batch: the one whose steps cover the batch's. Where the batch's axis was one
 * with others, as of the tokens of all images, and is split: the outermost part.
 */
export function batchAfter(value: Value, shape: readonly number[]): number | null {
  if (value.batch === null) return null
  const outside = product(value.shape.slice(0, value.batch))
  const until = outside * (value.shape[value.batch] ?? 1)
  const axis = shape.findIndex((extent, index) => {
    const begin = product(shape.slice(0, index))
    return begin <= outside && begin * extent >= until
  })
  if (axis >= 0) return axis
  const outermost = shape.findIndex((extent, index) => extent > 1 && product(shape.slice(0, index)) === outside)
  return outermost < 0 ? null : outermost
}

/**
 * Stored axes of the result, or null where some group is torn apart in the stored tensor. Axes of extent 1 may lie
 * anywhere.
 */
function storedOrder(value: Value, groups: readonly Group[]): number[] | null {
  const counts = (axis: number): boolean => value.shape[axis] !== 1
  const stored = value.order.filter(counts)
  const order: number[] = []
  const done = new Set<Group>()
  for (let place = 0; place < stored.length;) {
    const group = groups.find(({ before }) => before.includes(stored[place] ?? -1))
    const own = group?.before.filter(counts) ?? []
    if (!group || own.some((axis, index) => stored[place + index] !== axis)) return null
    done.add(group)
    order.push(...group.after)
    place += own.length
  }
  return [...order, ...groups.filter((group) => !done.has(group)).flatMap(({ after }) => after)]
}

export function reshaped(graph: OnnxGraph, value: Value, shape: readonly number[], name?: string): Value {
  const groups = groupsOf(value.shape, shape)
  const inPlace = storedOrder(value, groups)
  const source = inPlace ? value : graph.plain(value)
  const order = inPlace ?? plainOrder(shape.length)
  const batch = batchAfter(value, shape)
  const extents = order.map((axis) => (axis === batch ? -1 : (shape[axis] ?? 1)))
  return { name: graph.tensor('Reshape', [source.name, graph.integers(extents)], {}, name), shape, order, batch }
}
