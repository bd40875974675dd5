/**
 * Numbers over seeds: what a handful of repeated runs says, and how surely. Values are fractions of 1 or seconds; the
 * formulas ask for no unit. Examples and rules in words: docs/numbers.md.
 */
import { criticalT, twoSidedProbability } from './studentT'

/** Both ends belong to it. */
export interface Interval {
  readonly low: number
  readonly high: number
}

/** What n values say. Deviation and interval want two values. */
export interface Summary {
  readonly n: number
  readonly mean: number
  /** Standard deviation with n − 1; null of one value. */
  readonly deviation: number | null
  readonly median: number
  readonly min: number
  readonly max: number
  /** The 95 % t interval of the mean; null of one value. */
  readonly interval: Interval | null
}

/** Arithmetic mean; NaN of no values. */
export const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length

/** s = √(Σ (x − x̄)² / (n − 1)); null of fewer than two values. E.g. of 1, 2, 4: 1.5275. */
export function deviationOf(values: readonly number[]): number | null {
  if (values.length < 2) return null
  const mean = meanOf(values)
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** The middle value, of an even number the mean of the middle two; NaN of no values. */
export function medianOf(values: readonly number[]): number {
  const sorted = [...values].sort((left, right) => left - right)
  const [lower, upper] = [sorted[(sorted.length - 1) >> 1], sorted[sorted.length >> 1]]
  return ((lower ?? NaN) + (upper ?? NaN)) / 2
}

/** w = t* · s / √n, half the width of the 95 % interval of a mean. @param n at least 2 */
export const meanHalfWidth = (deviation: number, n: number): number => (criticalT(n - 1) * deviation) / Math.sqrt(n)

/**
 * x̄ ± t* · s / √n: where the mean over all seeds lies, if values over seeds are about normal. It may leave 0 … 1 where
 * values lie near an end. null of fewer than two values. E.g. of 0.70, 0.72, 0.74: 0.6703 … 0.7697.
 */
export function meanInterval(values: readonly number[]): Interval | null {
  const deviation = deviationOf(values)
  return deviation === null ? null : around(meanOf(values), meanHalfWidth(deviation, values.length))
}

/**
 * x̄ ± t* · s · √(1 + 1/n): where the result of one more seed lies in 95 of 100 cases. null of fewer than two values.
 * E.g. of 0.70, 0.72, 0.74: 0.6206 … 0.8194.
 */
export function predictionInterval(values: readonly number[]): Interval | null {
  const [deviation, n] = [deviationOf(values), values.length]
  return deviation === null ? null : around(meanOf(values), criticalT(n - 1) * deviation * Math.sqrt(1 + 1 / n))
}

const around = (middle: number, halfWidth: number): Interval => ({ low: middle - halfWidth, high: middle + halfWidth })

/** null of no values; those that were not measured are left out. */
export function summaryOf(values: readonly (number | null)[]): Summary | null {
  const measured = values.filter((value) => value !== null)
  if (measured.length === 0) return null
  return {
    n: measured.length,
    mean: meanOf(measured),
    deviation: deviationOf(measured),
    median: medianOf(measured),
    min: Math.min(...measured),
    max: Math.max(...measured),
    interval: meanInterval(measured),
  }
}

/** z* of 95 %. */
export const normalQuantile = 1.959963984540054

/**
 * The 95 % Wilson score interval of a rate: how far k of n test images tell the rate of this one model. It says nothing
 * of other seeds.
 *
 * (p + z²/2n ± z √(p (1 − p) / n + z² / 4n²)) / (1 + z²/n), p = k / n
 *
 * E.g. 8 of 10: 0.4902 … 0.9433; 0 of 10: 0 … 0.2775. Source: Wilson, JASA 22 (1927), 209.
 * @param successes k, from 0 to n
 * @param images n; of none the rate may be any
 */
export function wilsonInterval(successes: number, images: number): Interval {
  if (images === 0) return { low: 0, high: 1 }
  const [rate, z2] = [successes / images, normalQuantile ** 2]
  const middle = rate + z2 / (2 * images)
  const half = normalQuantile * Math.sqrt((rate * (1 - rate)) / images + z2 / (4 * images ** 2))
  const scale = 1 + z2 / images
  // The ends of the range are exact; rounding would leave them by some 1e-17.
  return {
    low: successes === 0 ? 0 : (middle - half) / scale,
    high: successes === images ? 1 : (middle + half) / scale,
  }
}

/** Seeds that a mean wants before more than itself is said of it. */
export const fewestSeeds = 3

/** Of a paired t test. */
export interface PairedTest {
  /** Pairs. */
  readonly n: number
  /** Mean of (second − first). */
  readonly difference: number
  /** Of the differences, n − 1. */
  readonly deviation: number
  /** The 95 % t interval of the mean difference. */
  readonly interval: Interval
  /** Infinite where all differences are one number other than 0. */
  readonly t: number
  /** Two-sided. */
  readonly p: number
}

/**
 * Paired two-sided t test of "no difference": t = d̄ / (s_d / √n) with n − 1 degrees of freedom, d = second − first of
 * one seed. Where all differences are equal, p is 1 if they are 0 and else 0: the seeds show no chance at all.
 * E.g. (0.90, 0.20), (0.80, 0.30), (0.85, 0.10): d̄ = −0.65, t = −8.5105, p = 0.01353.
 * @param pairs of the same seed each; null of fewer than three
 */
export function pairedTest(pairs: readonly (readonly [first: number, second: number])[]): PairedTest | null {
  const differences = pairs.map(([first, second]) => second - first)
  const [n, deviation] = [differences.length, deviationOf(differences)]
  if (n < fewestSeeds || deviation === null) return null
  const difference = meanOf(differences)
  // Differences of equal decimals differ in their last bits.
  const exact = deviation <= 1e-12 * Math.max(1, Math.abs(difference))
  const t = exact
    ? Math.abs(difference) <= 1e-12
      ? 0
      : Math.sign(difference) * Infinity
    : difference / (deviation / Math.sqrt(n))
  const interval = around(difference, meanHalfWidth(deviation, n))
  return { n, difference, deviation, interval, t, p: twoSidedProbability(t, n - 1) }
}
