/** Whether our seeds reproduce a published number. The rule in words, with examples: docs/numbers.md. */
import { deviationOf, fewestSeeds, meanHalfWidth, meanOf, predictionInterval, type Interval } from './statistics'

/** Differences up to one percentage point count as none: the table has one decimal, and nobody tells its deviation. */
export const publishedTolerance = 0.01
/** A mean whose 95 % interval reaches further than five percentage points to each side agrees with too much. */
export const widestHalfWidth = 0.05

export interface Verdict {
  readonly kind: 'reproduced' | 'notReproduced' | 'moreSeeds'
  /** Ours − published. */
  readonly difference: number
  /** Where one more seed of ours would lie in 95 of 100 cases; null of one seed. */
  readonly interval: Interval | null
  /** Seeds that are wanted besides those that are there; 0 unless `moreSeeds`. */
  readonly more: number
}

/**
 * A published value is one number whose seeds and deviation are unknown, so it is read as the result of one more seed.
 * In this order, with n our seeds, I the 95 % prediction interval x̄ ± t* s √(1 + 1/n), and w = t* s / √n:
 *
 * 1. n < 3: more seeds, 3 − n
 * 2. outside I, and further than 1 percentage point from x̄: not reproduced
 * 3. w > 5 percentage points: more seeds, so many that t* s / √N ≤ 5 points with the deviation seen so far
 * 4. else: reproduced
 *
 * E.g. ours 0.70, 0.72, 0.74: 0.719 is reproduced (w = 0.0497), 0.60 is not (I ends at 0.6206).
 * @param values ours, one per seed; null of none
 * @param published fraction of 1
 */
export function verdictOn(values: readonly number[], published: number): Verdict | null {
  const n = values.length
  if (n === 0) return null
  const difference = meanOf(values) - published
  const [deviation, interval] = [deviationOf(values), predictionInterval(values)]
  const verdict = (kind: Verdict['kind'], more = 0): Verdict => ({ kind, difference, interval, more })
  if (n < fewestSeeds || deviation === null || interval === null) return verdict('moreSeeds', fewestSeeds - n)
  const outside = published < interval.low || published > interval.high
  if (outside && Math.abs(difference) > publishedTolerance + 1e-12) return verdict('notReproduced')
  const wanted = seedsFor(deviation)
  return wanted > n ? verdict('moreSeeds', wanted - n) : verdict('reproduced')
}

/**
 * The smallest N of at least 3 with t* s / √N ≤ 5 percentage points. E.g. 3 for s = 0.02, 7 for s = 0.05.
 * @param deviation s, fractions of 1
 */
export function seedsFor(deviation: number): number {
  // t* is nowhere below the normal quantile: fewer are never enough.
  let seeds = Math.max(fewestSeeds, Math.floor(((1.9599 * deviation) / widestHalfWidth) ** 2))
  while (meanHalfWidth(deviation, seeds) > widestHalfWidth) seeds += 1
  return seeds
}

/** Of two numbers about one model: reproduced only where both are. */
export function jointVerdict(verdicts: readonly (Verdict | null)[]): Pick<Verdict, 'kind' | 'more'> | null {
  const known = verdicts.filter((verdict) => verdict !== null)
  if (known.length === 0) return null
  if (known.some(({ kind }) => kind === 'notReproduced')) return { kind: 'notReproduced', more: 0 }
  const more = Math.max(...known.map((verdict) => verdict.more))
  return { kind: more > 0 ? 'moreSeeds' : 'reproduced', more }
}

/** "reproduced", "not reproduced", "needs 2 more seeds". */
export function verdictWords({ kind, more }: Pick<Verdict, 'kind' | 'more'>): string {
  if (kind === 'moreSeeds') return `needs ${more} more ${more === 1 ? 'seed' : 'seeds'}`
  return kind === 'reproduced' ? 'reproduced' : 'not reproduced'
}
