import { createStream } from '../../maths/random'
import { searchParameters } from './metric'
import { defineStrategy, type Point, type SearchAxis, type SearchSpace, type Suggestion, type Trial } from './types'

const attempts = 100

/** A value at `share` (0 … 1) of an axis. */
export function valueAt(axis: SearchAxis, share: number): number {
  if (axis.kind === 'listed') return Math.min(axis.count - 1, Math.floor(share * axis.count))
  const { low, high, logarithmic, integer } = axis
  // Each whole number gets an equal part of the range.
  const [from, to] = integer && !logarithmic ? [low - 0.5, high + 0.5] : [low, high]
  const value = logarithmic ? low * (high / low) ** share : from + share * (to - from)
  return Math.min(high, Math.max(low, integer ? Math.round(value) : value))
}

/**
 * An even draw for the trial `number`: the same for the same seed, whatever was drawn before. Excluded combinations
 * and those that were tried already are drawn again, as long as that helps.
 */
export function drawPoint(
  { axes, excluded }: SearchSpace,
  { seed, number, tried }: { readonly seed: number; readonly number: number; readonly tried: ReadonlySet<string> },
): Point | null {
  const stream = createStream(seed, `strategy/${number}`)
  let last: Point | null = null
  for (let attempt = 0; attempt < attempts; attempt++) {
    const shares = stream.uniform(axes.length)
    const point = axes.map((axis, index) => valueAt(axis, shares[index] ?? 0))
    if (excluded(point)) continue
    if (!tried.has(pointKey(point))) return point
    last = point
  }
  // A range never runs out of values; a table of listed ones does.
  return axes.every(({ kind }) => kind === 'listed') ? null : last
}

export const pointKey = (point: Point): string => point.join(' ')
export const triedPoints = (history: readonly Trial[]): Set<string> =>
  new Set(history.map(({ point }) => pointKey(point)))

/** Even draws from ranges and lists. */
export const random = defineStrategy({
  id: 'random',
  title: 'Random draws',
  summary: 'Tries combinations that are drawn evenly from ranges (or evenly in the logarithm) and from lists.',
  reference: {
    citation: 'Bergstra & Bengio 2012, Random Search for Hyper-Parameter Optimization',
    link: 'https://jmlr.org/papers/v13/bergstra12a.html',
  },
  params: searchParameters,
  search: ({ metric, trials, atOnce }) => ({ metric, trials, atOnce }),
  next({ trials, seed }, space, history, count) {
    const tried = triedPoints(history)
    const suggestions: Suggestion[] = []
    for (let number = history.length; number < Math.min(trials, history.length + count); number++) {
      const point = drawPoint(space, { seed, number, tried })
      if (!point) break
      tried.add(pointKey(point))
      suggestions.push({ kind: 'new', point })
    }
    return suggestions
  },
})
