/**
 * Which training images carry the trigger, and what they are called. Pure: labels and a random stream in, indices out.
 */
import type { PoisoningPlan } from '../../../../shared/domain'
import { RefusedInputError } from '../../../../shared/errors'
import type { ImageSet } from '../types'
import { createStream, type RandomStream } from '../../maths/random'

/** The random stream that a run of this seed draws its poisoned images from. */
export const poisoningStream = (seed: number): RandomStream => createStream(seed, 'poisoning')

export interface PlannedPoisoning {
  /** The training part's images as places in the full training set, in training order. */
  readonly trainPart: Int32Array
  /** The clean hold-out's images, likewise. */
  readonly holdout: Int32Array
  /**
   * Places in the full training set of the images that carry the trigger, in training order; all lie in the training
   * part.
   */
  readonly poisoned: Int32Array
  /** Labels of the full training set after poisoning. */
  readonly labels: Int32Array
  readonly target: number
  readonly cleanLabel: boolean
  readonly trainOnHoldout: boolean
  /** N = int(ratio · full size), before anything limits it. */
  readonly requested: number
  /** Images of the training part that may be poisoned. */
  readonly eligible: number
  /** True when the images were shuffled first because they lie sorted by class. */
  readonly shuffled: boolean
  /** Sentences for the researcher: fewer images than asked for, shuffled first … */
  readonly warnings: readonly string[]
}

/**
 * Whether images lie sorted by class: far fewer label changes than a random order would have.
 * Random order has (n − 1)(1 − Σ pₖ²) changes on average; less than a tenth of that counts as sorted. Never true below
 * 50 images.
 */
export function isClassSorted(labels: ArrayLike<number>): boolean {
  if (labels.length < 50) return false
  const counts = new Map<number, number>()
  let changes = 0
  for (let index = 0; index < labels.length; index++) {
    counts.set(labels[index]!, (counts.get(labels[index]!) ?? 0) + 1)
    if (index > 0 && labels[index] !== labels[index - 1]) changes += 1
  }
  const samePair = [...counts.values()].reduce((sum, count) => sum + (count / labels.length) ** 2, 0)
  const expected = (labels.length - 1) * (1 - samePair)
  return counts.size > 1 && changes < 0.1 * expected
}

function shortfall(requested: number, taken: number, target: number, cleanLabel: boolean): string {
  const kind = cleanLabel ? `of the target class ${target}` : `outside the target class ${target}`
  return taken === 0
    ? `No training image ${kind} can be poisoned: the teacher is trained clean.`
    : `${requested} images were to be poisoned, but the training part has only ${taken} ${kind}: all of them are.`
}

/**
 * Plans the poisoning of a training set.
 *
 * The last int(holdout · n) images are set apart clean; of the others the first N = int(ratio · n) eligible ones in
 * order are poisoned,
 * n the FULL training size. Eligible: every class but the target; for clean-label attacks the target class alone, N
 * limited to its size.
 * Labels of poisoned images become the target. Of an attack that knows images by their places, others are not eligible.
 * Source: zskt/datasets/backdoor.py. Differs: where the images lie sorted by class the order is shuffled first (the
 * reference shuffles only GTSRB,
 * by the global random state), else one class only would be poisoned and the hold-out would be one class; where fewer
 * than N are eligible all
 * are taken with a warning (the reference fails).
 *
 * @param stream used only when the images must be shuffled; the same stream state gives the same plan
 * @throws RefusedInputError when the target is no class of the labels' range, or nothing is left to train on
 */
export function planPoisoning(
  train: Pick<ImageSet, 'count' | 'labels'>,
  attack: { readonly cleanLabel: boolean; readonly known?: ArrayLike<number> | null },
  plan: PoisoningPlan,
  stream: RandomStream,
): PlannedPoisoning {
  const { cleanLabel } = attack
  const { target } = plan
  const holdoutCount = Math.trunc(train.count * plan.holdout)
  if (train.count - holdoutCount < 1) {
    throw new RefusedInputError('No training image is left.', {
      wanted: 'at least 1 image after the hold-out',
      got: `${train.count} images, ${holdoutCount} held out`,
      where: 'poisoning.holdout',
      action: 'Make the hold-out smaller.',
    })
  }
  const shuffled = isClassSorted(train.labels)
  const order = shuffled
    ? stream.permutation(train.count)
    : Int32Array.from({ length: train.count }, (_, index) => index)
  const trainPart = order.slice(0, train.count - holdoutCount)
  const known = attack.known ? new Set(Array.from(attack.known)) : null
  const isEligible = (index: number): boolean =>
    (train.labels[index] === target) === cleanLabel && (known === null || known.has(index))
  const candidates = trainPart.filter(isEligible)
  const requested = Math.trunc(plan.ratio * train.count)
  const poisoned = candidates.slice(0, requested)
  const labels = train.labels.slice()
  for (const index of poisoned) labels[index] = target
  const warnings: string[] = []
  if (shuffled && requested > 0)
    warnings.push(
      'The training images lie sorted by class: they were shuffled before hold-out and poisoned images were chosen.',
    )
  if (poisoned.length < requested) warnings.push(shortfall(requested, poisoned.length, target, cleanLabel))
  else if (requested === 0 && plan.ratio > 0)
    warnings.push(`A ratio of ${plan.ratio} is less than one image of ${train.count}: the teacher is trained clean.`)
  return {
    trainPart,
    holdout: order.slice(train.count - holdoutCount),
    poisoned,
    labels,
    target,
    cleanLabel,
    trainOnHoldout: plan.trainOnHoldout,
    requested,
    eligible: candidates.length,
    shuffled,
    warnings,
  }
}
