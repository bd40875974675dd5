/**
 * Axes of tensors that are stored in another order than a program names them in: [N, C, H, W] and [N, H, W, C]. A
 * transposition costs nothing, a reshape is done on what is stored where it can be, and the batch's axis is followed.
 */

/** Where the batch is: within its axis, `lead` values of what comes before it (heads, windows), and any after it. */
export interface BatchPlace {
  readonly axis: number
  readonly lead: number
}

/** The images along the first axis. */
export const leadingBatch: BatchPlace = { axis: 0, lead: 1 }
export const isLeading = (batch: BatchPlace | null): boolean => batch?.axis === 0 && batch.lead === 1

export interface Axes {
  /** Extents as the program names the axes. */
  readonly shape: readonly number[]
  /** The stored tensor's axis k is the program's axis order[k]. */
  readonly order: readonly number[]
  /** Null: none. */
  readonly batch: BatchPlace | null
}

/** Axes in their own order. */
export const plainOrder = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis)

export const sameOrder = (left: readonly number[], right: readonly number[]): boolean => left.join() === right.join()

/** The transposition that takes what is stored in `from` to `to`. */
export const permutationTo = (from: readonly number[], to: readonly number[]): number[] =>
  to.map((axis) => from.indexOf(axis))

export const productOf = (extents: readonly number[]): number => extents.reduce((total, extent) => total * extent, 1)

/** A transposition of the program: the same stored tensor, seen in another order. */
export function transposedAxes({ order, batch }: Axes, permutation: readonly number[]): Pick<Axes, 'order' | 'batch'> {
  const after = (axis: number): number => permutation.indexOf(axis)
  return { order: order.map(after), batch: batch && { ...batch, axis: after(batch.axis) } }
}

interface Group {
  readonly before: readonly number[]
  readonly after: readonly number[]
}

/** The finest groups of neighbouring axes of equal size before and after, from the left. */
function groupsOf(before: readonly number[], after: readonly number[]): Group[] {
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

/** Which axis of the new shape holds the batch: the one whose steps cover the batch's; null where none does. */
function batchAfter({ shape: before, batch }: Axes, shape: readonly number[], batchSize: number): BatchPlace | null {
  if (batch === null) return null
  const outside = productOf(before.slice(0, batch.axis)) * batch.lead
  const axis = shape.findIndex((extent, index) => {
    const begin = productOf(shape.slice(0, index))
    return begin <= outside && begin * extent >= outside * batchSize
  })
  const lead = outside / productOf(shape.slice(0, Math.max(axis, 0)))
  return axis < 0 || !Number.isInteger(lead) ? null : { axis, lead }
}

/**
 * Stored axes of the result, or null where some group is torn apart in the stored tensor. Axes of extent 1 may lie
 * anywhere.
 */
function orderAfter({ shape, order: before }: Axes, groups: readonly Group[]): number[] | null {
  const counts = (axis: number): boolean => shape[axis] !== 1
  const stored = before.filter(counts)
  const order: number[] = []
  const done = new Set<Group>()
  for (let place = 0; place < stored.length;) {
    const group = groups.find(({ before: own }) => own.includes(stored[place] ?? -1))
    const own = group?.before.filter(counts) ?? []
    if (!group || own.some((axis, index) => stored[place + index] !== axis)) return null
    done.add(group)
    order.push(...group.after)
    place += own.length
  }
  return [...order, ...groups.filter((group) => !done.has(group)).flatMap(({ after }) => after)]
}

/**
 * A reshape: it merges and splits neighbouring axes, and falls apart into groups of equal size before and after. Where
 * each group lies together in the stored tensor, that is reshaped; else (`inPlace` false) it must first be stored in
 * the program's order.
 * @param batchSize of the shapes
 */
export function reshapedAxes(
  axes: Axes,
  shape: readonly number[],
  batchSize: number,
): Axes & { readonly inPlace: boolean } {
  const order = orderAfter(axes, groupsOf(axes.shape, shape))
  return {
    shape,
    order: order ?? plainOrder(shape.length),
    batch: batchAfter(axes, shape, batchSize),
    inPlace: order !== null,
  }
}

/**
 * How a tensor is stored to be broadcast against one in `order`, which has at least as many axes: new ones come in
 * front, as broadcasting has it.
 */
export function broadcastAxes({ shape, batch }: Axes, order: readonly number[]): Axes & { readonly own: number[] } {
  const missing = order.length - shape.length
  return {
    shape: [...new Array<number>(missing).fill(1), ...shape],
    order,
    batch: batch && { ...batch, axis: batch.axis + missing },
    /** The order of the axes that it has before. */
    own: order.filter((axis) => axis >= missing).map((axis) => axis - missing),
  }
}

/** Axes that are left when some go, and what becomes of the order. */
export function withoutAxes({ shape, order, batch }: Axes, gone: readonly number[]): Axes {
  const place = (axis: number): number => axis - gone.filter((other) => other < axis).length
  return {
    shape: shape.filter((_, axis) => !gone.includes(axis)),
    order: order.filter((axis) => !gone.includes(axis)).map(place),
    batch: batch === null || gone.includes(batch.axis) ? null : { ...batch, axis: place(batch.axis) },
  }
}
