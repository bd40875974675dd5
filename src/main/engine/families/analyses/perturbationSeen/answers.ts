/** Where a perturbation sends clean images. */
import type { ImageSet } from '../../../images/types'
import { answersOf, divergencesOf } from '../answers'
import type { OpenNetwork } from '../askedTypes'

/** Of images of one true class, or of all. */
export interface Sent {
  readonly images: number
  /** Share whose class is another one with the perturbation than without it. */
  readonly changed: number
  /** Share of those of other classes that are given the target, without and with the perturbation; null without any. */
  readonly toTargetBefore: number | null
  readonly toTarget: number | null
  /** The class that most changed images are given, and its share of all; null where none changes. */
  readonly destination: { readonly label: number; readonly share: number } | null
}

export interface SentBy {
  readonly all: Sent
  /** By true class. */
  readonly classes: readonly Sent[]
  /** Mean KL(answer ‖ answer with the perturbation), mean over the classes, in nats. */
  readonly divergence: number
}

interface Answered {
  readonly truth: number
  readonly plain: number
  readonly perturbed: number
}

const shareOf = (part: number, all: number): number => (all > 0 ? part / all : 0)

export function sentOf(rows: readonly Answered[], target: number): Sent {
  const counts = new Map<number, number>()
  for (const { plain, perturbed } of rows)
    if (plain !== perturbed) counts.set(perturbed, (counts.get(perturbed) ?? 0) + 1)
  const others = rows.filter(({ truth }) => truth !== target)
  const [most] = [...counts].sort((left, right) => right[1] - left[1] || left[0] - right[0])
  const hits = (isHit: (row: Answered) => boolean): number | null =>
    others.length === 0 ? null : shareOf(others.filter(isHit).length, others.length)
  return {
    images: rows.length,
    changed: shareOf(rows.filter(({ plain, perturbed }) => plain !== perturbed).length, rows.length),
    toTargetBefore: hits(({ plain }) => plain === target),
    toTarget: hits(({ perturbed }) => perturbed === target),
    destination: most ? { label: most[0], share: shareOf(most[1], rows.length) } : null,
  }
}

export interface Sending {
  readonly clean: ImageSet
  /** Logits of the images without the perturbation. */
  readonly plain: Float32Array
  readonly perturbation: Float32Array
  readonly target: number
}

/** In images, as a viewer would add it: clip(x + p, 0, 1). */
export function sentBy(network: OpenNetwork, { clean, plain, perturbation, target }: Sending): SentBy {
  const weights = new Float32Array(clean.count * network.classes)
  const { logits } = network.perturbed(clean, { perturbation, weights })
  const labels = [plain, logits].map((of) => answersOf(of, network.classes).map(({ label }) => label))
  const rows = [...clean.labels].map((truth, row): Answered => ({
    truth,
    plain: labels[0]?.[row] ?? -1,
    perturbed: labels[1]?.[row] ?? -1,
  }))
  const divergences = divergencesOf(plain, logits, network.classes)
  return {
    all: sentOf(rows, target),
    classes: Array.from({ length: network.classes }, (_, label) =>
      sentOf(
        rows.filter(({ truth }) => truth === label),
        target,
      ),
    ),
    divergence: divergences.reduce((sum, value) => sum + value, 0) / Math.max(1, divergences.length),
  }
}
