/** A rate counted on test images, with how surely they tell it; and when two intervals tell two things apart. */
import { wilsonInterval, type Interval } from './statistics'
import type { Evaluation } from './run'

export type RateName = 'accuracy' | 'asr' | 'asrAll' | 'robustAccuracy'

/** A share of `images` test images. Fractions of 1. */
export interface Rate {
  readonly value: number
  readonly images: number
  /** Wilson's 95 % interval: how far the test images tell the rate of this one model. Nothing of other seeds. */
  readonly interval: Interval
}

/** Of a share as it is kept: of whole images, rounded back to them. @param images behind the share, at least 1 */
export const rateOfShare = (value: number, images: number): Rate => ({
  value,
  images,
  interval: wilsonInterval(Math.round(value * images), images),
})

/** null where it was not measured. E.g. accuracy 0.8 of 10 images: 0.4902 … 0.9433. */
export function rateOf(evaluation: Evaluation | null | undefined, name: RateName): Rate | null {
  const value = evaluation?.[name]
  if (!evaluation || value === null || value === undefined || !Number.isFinite(value)) return null
  const images = name === 'asr' || name === 'robustAccuracy' ? evaluation.nonTarget : evaluation.images
  return images > 0 ? rateOfShare(value, images) : null
}

/**
 * Whether two intervals have no point in common: only then is one number called better than the other. Stricter than a
 * test of the difference, which may tell apart what overlaps a little; false where one is not known.
 */
export const partsFrom = (one: Interval | null | undefined, other: Interval | null | undefined): boolean =>
  !!one && !!other && (one.low > other.high || other.low > one.high)

/** 0.7194 → "71.9": percent where the head or the neighbour has the sign. */
export const percentNumber = (fraction: number): string =>
  (fraction * 100)
    .toFixed(1)
    .replace(/^-(?=0\.0$)/, '')
    .replace('-', '−')

/** "[69.8, 73.9]" of the interval of a rate, in percent. */
export const intervalText = ({ low, high }: Interval): string => `[${percentNumber(low)}, ${percentNumber(high)}]`
