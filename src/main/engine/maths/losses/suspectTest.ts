/** Numbers of the suspect test: histograms of log₁₀ KL and how well it separates triggered images. Pure, float64. */
import { areaUnderRoc } from '../../../../shared/domain'
import { logKl, tailTest } from './shufflingVaccine'

/**
 * Bins of log₁₀ KL, the same for every histogram so that they can be laid over each other; what lies outside counts in
 * the outermost bin.
 */
export const divergenceBins = { from: -12, to: 2, count: 56 } as const

/** log₁₀ of KL(teacher ‖ ensemble), mean over classes, of each of some images. */
export interface DivergenceSample {
  images: number
  mean: number
  /** Population standard deviation. */
  deviation: number
  /** Images per bin of `divergenceBins`. */
  counts: number[]
}

/** The lower tail over images. */
export interface DivergenceTail {
  /** Share of images with log₁₀ KL below `limit`. */
  ratio: number
  /** mean − 3 · deviation of log₁₀ KL. */
  limit: number
  images: DivergenceSample
}

/** Images per bin of log₁₀ KL, with mean and population standard deviation. */
export function suspectSample(kl: readonly number[]): DivergenceSample {
  const { from, to, count } = divergenceBins
  const counts = new Array<number>(count).fill(0)
  for (const value of logKl(kl)) {
    const bin = Math.min(count - 1, Math.max(0, Math.floor(((value - from) / (to - from)) * count)))
    counts[bin] = (counts[bin] ?? 0) + 1
  }
  const { mean, deviation } = tailTest(kl)
  return { images: kl.length, mean, deviation, counts }
}

/** The lower tail of synthetic images. */
export function suspectTail(kl: readonly number[]): DivergenceTail {
  const { ratio, mean, deviation } = tailTest(kl)
  return { ratio, limit: mean - 3 * deviation, images: suspectSample(kl) }
}

/**
 * Area under the ROC curve of "low means triggered": P(triggered < clean) + ½ P(equal) over all pairs; null where one
 * side is empty.
 * Reference: ABD zskt/utils/syn_vaccine.py compare_shuffle, whose score falls with the KL. Differs from the reference:
 * its logistic function of the
 * KL makes ties of large values in float64 and changes nothing else; its accuracy, which points the other way, is left
 * out.
 */
export const suspectAuc = (triggered: readonly number[], clean: readonly number[]): number | null =>
  areaUnderRoc({ positives: clean, negatives: triggered })
