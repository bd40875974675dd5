/**
 * Learning rates as functions of the number of steps done so far. Host arithmetic in float64; the value goes into the
 * step as a tensor.
 */

export type Schedule = (step: number) => number

const cosineBetween = (from: number, to: number, fraction: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * fraction))

/** The same value at every step. */
export const constantSchedule =
  (value: number): Schedule =>
  () =>
    value

/**
 * peak · (1 + cos(π · step / total)) / 2: torch CosineAnnealingLR(T_max = total, eta_min = 0) in closed form; 0 from
 * `total` on.
 */
export const cosineSchedule =
  (peak: number, total: number): Schedule =>
  (step) =>
    cosineBetween(peak, 0, Math.min(1, step / Math.max(1, total)))

/** peak · gammaᵏ with k the number of milestones reached: torch MultiStepLR. */
export const stepSchedule =
  (peak: number, milestones: readonly number[], gamma = 0.1): Schedule =>
  (step) =>
    peak * gamma ** milestones.filter((milestone) => step >= milestone).length

export interface OneCycleOptions {
  /** Share of the steps in which the rate rises. */
  readonly rise?: number
  /** First rate = peak / division. */
  readonly division?: number
  /** Last rate = first rate / finalDivision. */
  readonly finalDivision?: number
}

/**
 * Rises from peak/25 to peak over the first 30 % of the steps and falls to peak/250,000, each along half a cosine:
 * torch OneCycleLR
 * (anneal_strategy 'cos', three_phase off, cycle_momentum off; Smith & Topin 2018, arXiv:1708.07120). Step `total` − 1
 * is the last.
 */
export function oneCycleSchedule(peak: number, total: number, options: OneCycleOptions = {}): Schedule {
  const { rise = 0.3, division = 25, finalDivision = 1e4 } = options
  const first = peak / division
  // Runs of three steps or fewer have no step in the rise.
  const top = Math.max(0, rise * total - 1)
  const last = total - 1
  return (step) => {
    const at = Math.min(step, last)
    if (at < top) return cosineBetween(first, peak, at / top)
    return cosineBetween(peak, first / finalDivision, last > top ? (at - top) / (last - top) : 0)
  }
}
