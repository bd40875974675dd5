/** Lines of one condition over their seeds: the mean line, and how far the seeds lie apart. */
import { meanHalfWidth, type MetricSeries } from '@shared/domain'
import { ExhaustiveError } from '@shared/errors'
import { beginningAt, type ChartLine } from './chartLine'

export const bandKinds = ['none', 'deviation', 'error', 'interval'] as const
export type BandKind = (typeof bandKinds)[number]
export const bandWords: Readonly<Record<BandKind, { label: string; note: string }>> = {
  none: { label: 'Each seed', note: '' },
  deviation: { label: 'Mean ± std', note: 'Lines are means over seeds, bands ± one standard deviation (n − 1).' },
  error: { label: 'Mean ± stderr', note: 'Lines are means over seeds, bands ± one standard error of the mean.' },
  interval: {
    label: 'Mean, 95 % t interval',
    note: 'Lines are means over seeds, bands the 95 % t interval of the mean.',
  },
}

/** Steps of a mean line at most; more are never told apart. */
const mostSteps = 4000

/** Half the width of a band: s, s / √n or t* · s / √n. @param n at least 2 */
export function halfWidth(kind: Exclude<BandKind, 'none'>, deviation: number, n: number): number {
  switch (kind) {
    case 'deviation':
      return deviation
    case 'error':
      return deviation / Math.sqrt(n)
    case 'interval':
      return meanHalfWidth(deviation, n)
    default:
      throw new ExhaustiveError(kind)
  }
}

/**
 * Groups of lines as one line each, in order of first appearance; lines without a group, and of groups with one seed,
 * stay as they are. All lines count, whatever is hidden.
 */
export function withBands(lines: readonly ChartLine[], kind: BandKind): ChartLine[] {
  if (kind === 'none') return [...lines]
  const groups = new Map<string, ChartLine[]>()
  for (const line of lines) {
    const key = line.group?.key ?? `line ${line.key}`
    groups.set(key, [...(groups.get(key) ?? []), line])
  }
  return [...groups.values()].map((members) => {
    const [first] = members
    const told = members.filter(({ series }) => series.steps.length > 0)
    return first && told.length > 1 ? meanLine(first, told, kind) : (told[0] ?? first!)
  })
}

function meanLine(first: ChartLine, members: readonly ChartLine[], kind: Exclude<BandKind, 'none'>): ChartLine {
  const series = members.map(({ series: own, from }) => beginningAt(own, from))
  const steps = commonSteps(series)
  const columns = series.map((own) => valuesAt(own, steps))
  const [values, low, high] = [
    new Float64Array(steps.length),
    new Float64Array(steps.length),
    new Float64Array(steps.length),
  ]
  let [fewest, most] = [Infinity, 0]
  for (let index = 0; index < steps.length; index++) {
    const { n, mean, deviation } = momentsAt(columns, index)
    values[index] = n > 1 ? mean : NaN
    const half = n > 1 ? halfWidth(kind, deviation, n) : NaN
    low[index] = mean - half
    high[index] = mean + half
    if (n > 1) [fewest, most] = [Math.min(fewest, n), Math.max(most, n)]
  }
  const n = most === 0 ? `${members.length}` : fewest === most ? `${most}` : `${fewest} to ${most}`
  return {
    ...first,
    key: `group ${first.group?.key ?? first.key}`,
    label: `${first.group?.label ?? first.label} (n = ${n})`,
    series: { steps, values },
    band: { low, high },
    members,
  }
}

function momentsAt(columns: readonly Float64Array[], index: number): { n: number; mean: number; deviation: number } {
  let [n, mean, squares] = [0, 0, 0]
  // Welford: sums of squares of near-equal losses lose their digits.
  for (const column of columns) {
    const value = column[index]!
    if (!Number.isFinite(value)) continue
    n++
    const apart = value - mean
    mean += apart / n
    squares += apart * (value - mean)
  }
  return { n, mean: n === 0 ? NaN : mean, deviation: n > 1 ? Math.sqrt(squares / (n - 1)) : NaN }
}

const sameSteps = (left: Float64Array, right: Float64Array): boolean =>
  left.length === right.length && left.every((step, index) => step === right[index])

/** The steps of all; thinned evenly where they are too many. */
function commonSteps(series: readonly MetricSeries[]): Float64Array {
  const [first, ...others] = series
  if (first && others.every(({ steps }) => sameSteps(first.steps, steps))) return thinned(first.steps)
  return thinned(Float64Array.from(new Set(series.flatMap(({ steps }) => Array.from(thinned(steps))))).sort())
}

function thinned(steps: Float64Array): Float64Array {
  if (steps.length <= mostSteps) return steps
  const every = (steps.length - 1) / (mostSteps - 1)
  return Float64Array.from({ length: mostSteps }, (_, index) => steps[Math.round(index * every)]!)
}

/** Linear between recorded steps; NaN before the first and after the last one. */
export function valuesAt({ steps, values }: MetricSeries, wanted: Float64Array): Float64Array {
  const found = new Float64Array(wanted.length).fill(NaN)
  let right = 0
  for (let index = 0; index < wanted.length; index++) {
    const step = wanted[index]!
    while (right < steps.length && steps[right]! < step) right++
    if (right >= steps.length) break
    if (steps[right] === step) found[index] = values[right]!
    else if (right > 0) {
      const share = (step - steps[right - 1]!) / (steps[right]! - steps[right - 1]!)
      found[index] = values[right - 1]! + share * (values[right]! - values[right - 1]!)
    }
  }
  return found
}
