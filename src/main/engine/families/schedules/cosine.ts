import { defineSchedule, type Schedule } from './types'

/** Half a cosine from one value to another; `fraction` 0 to 1. */
export const cosineBetween = (from: number, to: number, fraction: number): number =>
  to + ((from - to) / 2) * (1 + Math.cos(Math.PI * fraction))

/**
 * peak · (1 + cos(π · step / total)) / 2: torch CosineAnnealingLR(T_max = total, eta_min = 0) in closed form; 0 from
 * `total` on.
 */
export const cosineSchedule =
  (peak: number, total: number): Schedule =>
  (step) =>
    cosineBetween(peak, 0, Math.min(1, step / Math.max(1, total)))

export const cosine = defineSchedule({
  id: 'cosine',
  title: 'Cosine to 0',
  summary: 'Falls along half a cosine.',
  reference: {
    citation: 'Loshchilov & Hutter 2017, SGDR: stochastic gradient descent with warm restarts',
    link: 'https://arxiv.org/abs/1608.03983',
    place: 'torch CosineAnnealingLR',
  },
  params: {},
  create: (_values, { peak, total }) => cosineSchedule(peak, total),
})
