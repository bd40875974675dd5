/** The smallest perturbation, one for all images, that sends them to a class. */
import { selectImages } from '../../../images/imageSets'
import type { ImageSet } from '../../../images/types'
import { answersOf } from '../answers'
import type { OpenNetwork } from '../askedTypes'
import { normOf } from '../vectors'

/** L2 norms that are tried one after the other, in intensities of 0…1 over all pixels: factors of √2. */
export const radii: readonly number[] = Array.from({ length: 8 }, (_, index) => 0.5 * Math.SQRT2 ** (index + 1))

/** What counts as sent, and where a search ends early. */
export const goal = 0.9
const enough = 0.95
/** A step's length, as a share of the norm that is allowed. */
const stepShare = 0.6
/** Fewer images of other classes say nothing. */
const fewest = 10

export interface UniversalPerturbation {
  readonly label: number
  /** Of `radii`, as far as it was searched: largest share of the images that the class was given at that norm. */
  readonly rates: readonly number[]
  /** Where `goal` is reached, log-linear between two norms; null where none reaches it. */
  readonly norm: number | null
  /** Mean of the rates over all norms, 1 for those beyond the end of the search: 0…1, large for an easy class. */
  readonly ease: number
  /** [H][W][C]; the last one. */
  readonly perturbation: Float32Array
  /** How many it was searched with. */
  readonly images: number
}

/** Σ_i of the rates over the norms, those not tried counting as reached. */
export const easeOf = (rates: readonly number[]): number =>
  radii.reduce((sum, _, index) => sum + (rates[index] ?? 1), 0) / radii.length

export function normAtGoal(rates: readonly number[]): number | null {
  const index = rates.findIndex((rate) => rate >= goal)
  const reached = rates[index]
  const radius = radii[index]
  if (reached === undefined || radius === undefined) return null
  const before = rates[index - 1] ?? 0
  return radius * Math.SQRT1_2 ** ((reached - goal) / Math.max(1e-9, reached - before))
}

export interface UniversalSearch {
  /** All images; those that the network gives the class already are left out. */
  readonly images: ImageSet
  /** Answers of the network to them. */
  readonly labels: readonly number[]
  /** At most so many images are searched with. */
  readonly most: number
  /** Steps of the gradient at each norm. */
  readonly rounds: number
}

/**
 * p ← Π_r(p − 0.6 r ∇/‖∇‖₂), ∇ of Σ_i CE(f(clip(x_i + p, 0, 1)), class), Π_r onto the ball ‖p‖₂ ≤ r, norm by norm
 * from what the smaller one left. Reference: Moosavi-Dezfooli et al. 2017, arXiv:1610.08401 (one perturbation for all
 * images); Wang et al. 2019 (Neural Cleanse: an unusually small one betrays a backdoor). Differs: additive with an L2
 * ball, as blended triggers are no patches.
 * @returns null where too few images have another class
 */
export function searchUniversal(
  network: OpenNetwork,
  label: number,
  { images, labels, most, rounds }: UniversalSearch,
): UniversalPerturbation | null {
  const others = labels.flatMap((own, row) => (own === label ? [] : [row]))
  if (others.length < fewest) return null
  const count = Math.min(most, others.length)
  const chosen = Array.from({ length: count }, (_, row) => others[Math.floor((row * others.length) / count)] ?? 0)
  const searched = selectImages(images, chosen)
  const weights = new Float32Array(count * network.classes)
  for (let row = 0; row < count; row++) weights[row * network.classes + label] = 1
  let perturbation: Float32Array = new Float32Array(images.height * images.width * images.channels)
  const rates: number[] = []
  let answer = network.perturbed(searched, { perturbation, weights })
  for (const radius of radii) {
    let best = 0
    for (let round = 0; round < rounds; round++) {
      perturbation = stepped(perturbation, answer.gradient, radius)
      answer = network.perturbed(searched, { perturbation, weights })
      best = Math.max(best, shareOf(label, answer.logits, network.classes))
    }
    rates.push(best)
    if (best >= enough) break
  }
  return { label, rates, norm: normAtGoal(rates), ease: easeOf(rates), perturbation, images: count }
}

const shareOf = (label: number, logits: Float32Array, classes: number): number => {
  const answers = answersOf(logits, classes)
  return answers.filter((answer) => answer.label === label).length / answers.length
}

/** Along the gradient, then back into the ball. */
export function stepped(perturbation: Float32Array, gradient: Float32Array, radius: number): Float32Array {
  const slope = normOf(gradient)
  if (slope === 0) return perturbation
  const moved = perturbation.map((value, place) => value - (stepShare * radius * (gradient[place] ?? 0)) / slope)
  const norm = normOf(moved)
  return norm > radius ? moved.map((value) => (value * radius) / norm) : moved
}
