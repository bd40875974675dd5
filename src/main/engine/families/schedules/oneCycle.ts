import { cosineBetween } from './cosine'
import { defineSchedule, type Schedule } from './types'

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

export const oneCycle = defineSchedule({
  id: 'oneCycle',
  title: 'One cycle',
  summary: 'Rises to its peak and falls again.',
  reference: {
    citation: 'Smith & Topin 2018, Super-convergence',
    link: 'https://arxiv.org/abs/1708.07120',
    place: 'torch OneCycleLR',
  },
  params: {},
  create: (_values, { peak, total }) => oneCycleSchedule(peak, total),
})
