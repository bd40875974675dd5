/**
 * The suspect test: how well an ensemble of shuffled teachers tells triggered images from clean ones. A report; no
 * decision of the defense uses the test images.
 */

/**
 * Bins of log₁₀ KL, the same for every histogram so that they can be laid over each other; what lies outside counts in
 * the outermost bin.
 */
export const suspectBins = { from: -12, to: 2, count: 56 } as const

/** log₁₀ of KL(teacher ‖ shuffled ensemble), mean over classes, of each of some images. */
export interface SuspectSample {
  images: number
  mean: number
  /** Population standard deviation. */
  deviation: number
  /** Images per bin of `suspectBins`. */
  counts: number[]
}

/** The lower tail over synthetic images, which the selection test decides by. */
export interface SuspectTail {
  /** Share of images with log₁₀ KL below `limit`. */
  ratio: number
  /** mean − 3 · deviation of log₁₀ KL. */
  limit: number
  images: SuspectSample
}

export interface SuspectTrial {
  /** 1 for the ensemble that the run begins with, one more for each that is drawn anew. */
  trial: number
  /** Pseudo batches done when it was measured last. */
  step: number
  /** accepted, refused by the selection test; waiting: the test is still to come; untested: none is asked for. */
  verdict: 'waiting' | 'untested' | 'accepted' | 'refused'
  /** Clean test images. */
  clean: SuspectSample
  /** Triggered test images of the other classes than the target; null without a trigger. */
  triggered: SuspectSample | null
  /**
   * Share of pairs of a triggered and a clean image in which the triggered one has the lower KL, ties counting half.
   * 0.5: the ensemble tells nothing.
   */
  auc: number | null
  /** Over the pooled synthetic images; null before the selection test and without one. */
  tail: SuspectTail | null
}

export interface SuspectTest {
  trials: SuspectTrial[]
  /** A tail is accepted above this share; null without a selection test. */
  acceptedRatio: number | null
  /** Over the last pseudo batch of the stage: whether the generator still makes images that the ensemble suspects. */
  last: (SuspectTail & { step: number }) | null
}

/** The ensemble in force: the one that was drawn last. */
export const currentTrial = (test: SuspectTest): SuspectTrial | undefined => test.trials.at(-1)

/** For views that need a word beside the number. */
export const aucDefinition =
  'Area under the ROC curve of “low KL(teacher ‖ shuffled ensemble) means triggered”: the share of pairs of a triggered and a clean test image in which the triggered one has the lower KL, ties counting half. 100 %: the ensemble separates them; 50 %: it tells nothing.'
