/** Logistic regression of one value. */

export interface Labelled {
  readonly isPoisoned: boolean
  readonly value: number
}

const steps = 100

/**
 * score = 1 / (1 + exp(−(intercept + slope · value))) of maximum likelihood by Newton's method, with the targets
 * (N₊ + 1)/(N₊ + 2) and 1/(N₋ + 2) in place of 1 and 0: without them the slope of two sides that do not overlap has no end.
 * Reference: Platt 1999, Probabilistic outputs for support vector machines, section 2.2.
 */
export function calibrated(labelled: readonly Labelled[]): { intercept: number; slope: number } {
  const positives = labelled.filter(({ isPoisoned }) => isPoisoned).length
  const negatives = labelled.length - positives
  const [high, low] = [(positives + 1) / (positives + 2), 1 / (negatives + 2)]
  let [intercept, slope] = [0, 0]
  for (let step = 0; step < steps; step++) {
    const sums = { g0: 0, g1: 0, h00: 1e-9, h01: 0, h11: 1e-9 }
    for (const { isPoisoned, value } of labelled) {
      const p = 1 / (1 + Math.exp(-(intercept + slope * value)))
      const error = p - (isPoisoned ? high : low)
      const weight = p * (1 - p)
      sums.g0 += error
      sums.g1 += error * value
      sums.h00 += weight
      sums.h01 += weight * value
      sums.h11 += weight * value * value
    }
    const determinant = sums.h00 * sums.h11 - sums.h01 ** 2
    intercept -= (sums.h11 * sums.g0 - sums.h01 * sums.g1) / determinant
    slope -= (sums.h00 * sums.g1 - sums.h01 * sums.g0) / determinant
  }
  return { intercept, slope }
}
