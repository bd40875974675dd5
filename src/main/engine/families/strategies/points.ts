/** Points of a search space: even draws, and where a value lies on its axis. */
import { createStream } from '../../maths/random'
import type { Point, SearchAxis, SearchSpace, Trial } from './types'

const attempts = 100

type Range = Extract<SearchAxis, { kind: 'range' }>

/** Each whole number has an equal part of the range. */
const endsOf = ({ low, high, logarithmic, integer }: Range): readonly [number, number] =>
  integer && !logarithmic ? [low - 0.5, high + 0.5] : [low, high]

/** The value at `share` (0 … 1) of an axis. */
export function valueAt(axis: SearchAxis, share: number): number {
  if (axis.kind === 'listed') return Math.min(axis.count - 1, Math.floor(share * axis.count))
  const { low, high, logarithmic, integer } = axis
  const [from, to] = endsOf(axis)
  const value = logarithmic ? low * (high / low) ** share : from + share * (to - from)
  return Math.min(high, Math.max(low, integer ? Math.round(value) : value))
}

/** Where a value lies on its range, 0 … 1. */
export function shareOf(axis: Range, value: number): number {
  const [from, to] = endsOf(axis)
  return axis.logarithmic ? Math.log(value / axis.low) / Math.log(axis.high / axis.low) : (value - from) / (to - from)
}

export const pointKey = (point: Point): string => point.join(' ')
export const triedPoints = (history: readonly Trial[]): Set<string> =>
  new Set(history.map(({ point }) => pointKey(point)))

/**
 * An even draw for the trial `number`: the same for the same seed, whatever was drawn before. Excluded combinations
 * and those that were tried already are drawn again; null where a table of listed values seems to have run out.
 */
export function drawPoint(
  { axes, excluded }: SearchSpace,
  { seed, number, tried }: { readonly seed: number; readonly number: number; readonly tried: ReadonlySet<string> },
): Point | null {
  const stream = createStream(seed, `strategy/${number}`)
  for (let attempt = 0; attempt < attempts; attempt++) {
    const shares = stream.uniform(axes.length)
    const point = axes.map((axis, index) => valueAt(axis, shares[index] ?? 0))
    if (!excluded(point) && !tried.has(pointKey(point))) return point
  }
  return firstLeft({ axes, excluded }, tried)
}

const walked = 10_000

/** Few combinations are left: they are found by going through them. */
function firstLeft(
  { axes, excluded }: Pick<SearchSpace, 'axes' | 'excluded'>,
  tried: ReadonlySet<string>,
): Point | null {
  const counts = axes.map((axis) => (axis.kind === 'listed' ? axis.count : 1))
  const total = Math.min(
    walked,
    counts.reduce((product, count) => product * count, 1),
  )
  for (let number = 0; number < total; number++) {
    let rest = number
    const point = axes.map((axis, index) => {
      const count = counts[index] ?? 1
      const value = rest % count
      rest = Math.floor(rest / count)
      return axis.kind === 'listed' ? value : axis.low
    })
    if (!excluded(point) && !tried.has(pointKey(point))) return point
  }
  return null
}
