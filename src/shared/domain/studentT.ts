/** Student's t distribution for whole degrees of freedom, which is all that means over seeds ask for. */

/**
 * A(t | ν) = P(|T| ≤ t), in closed form: with θ = atan(t / √ν)
 *
 * - ν = 1: 2θ / π
 * - ν odd: 2 / π · (θ + sin θ · (cos θ + 2/3 cos³ θ + … + (2·4…(ν−3)) / (3·5…(ν−2)) cos^(ν−2) θ))
 * - ν even: sin θ · (1 + 1/2 cos² θ + … + (1·3…(ν−3)) / (2·4…(ν−2)) cos^(ν−2) θ)
 *
 * E.g. A(4.3027 | 2) = 0.95. Absolute error below 1e-14 up to ν = 1,000.
 * Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
 *
 * @param t at least 0; Infinity gives 1
 * @param freedom ν, a whole number from 1
 */
export function centralProbability(t: number, freedom: number): number {
  const theta = Math.atan(t / Math.sqrt(freedom))
  const [sine, cosine] = [Math.sin(theta), Math.cos(theta)]
  const odd = freedom % 2 === 1
  let term = odd ? cosine : 1
  let sum = freedom === 1 ? 0 : term
  for (let power = odd ? 3 : 2; power <= freedom - 2; power += 2) {
    term *= ((power - 1) / power) * cosine * cosine
    sum += term
  }
  return Math.min(1, odd ? (2 / Math.PI) * (theta + sine * sum) : sine * sum)
}

/** P(|T| ≥ |t|): the p value of a two-sided test. @param freedom a whole number from 1 */
export const twoSidedProbability = (t: number, freedom: number): number =>
  Math.max(0, 1 - centralProbability(Math.abs(t), freedom))

/** The level of every interval that is shown. */
const level = 0.95
const known = new Map<number, number>()

/**
 * t* with P(|T| ≤ t*) = 0.95, the factor of a 95 % interval: 12.7062 for one degree of freedom, 4.3027 for two.
 * Found by halving, to the last bits of a double.
 * @param freedom a whole number from 1
 */
export function criticalT(freedom: number): number {
  const before = known.get(freedom)
  if (before !== undefined) return before
  let [low, high] = [1, 16]
  for (;;) {
    const middle = (low + high) / 2
    if (middle <= low || middle >= high) break
    if (centralProbability(middle, freedom) < level) low = middle
    else high = middle
  }
  known.set(freedom, high)
  return high
}
