export type TriggerVariant = 'train' | 'test'

/** Of a trigger whose images come from files: it knows them by their places in the set, and no others. */
export interface KnownImages {
  /** The places of the images that it has, in order; null where it has none of this set. */
  readonly places: Readonly<Record<TriggerVariant, Int32Array | null>>
  /**
   * @param labels of the whole set
   * @throws RefusedInputError where it has nothing of this set, or its images are of another set or target
   */
  check(variant: TriggerVariant, labels: ArrayLike<number>, target: number): void
  /** Reads what the trigger will be asked for. */
  prepare(variant: TriggerVariant, places: ArrayLike<number>): Promise<void>
}

/** A trigger for images of one size. */
export interface Trigger {
  /**
   * x' for a stack of NHWC byte images; returns a new array of the same length.
   * float64 arithmetic on 0..255, clipped, truncated to bytes (zskt/datasets/backdoor.py).
   * @param indices places of the images in the full training set, of the test variant in the test set; needed by
   *   triggers that bring an image of their own for each
   */
  apply(pixels: Uint8Array, count: number, variant: TriggerVariant, indices?: ArrayLike<number>): Uint8Array
  /** The same before clipping and truncation; the trigger check measures what those take away. */
  exact(pixels: Uint8Array, count: number, variant: TriggerVariant, indices?: ArrayLike<number>): Float64Array
  /** Absent where it changes any image. */
  readonly known?: KnownImages
  /** What the researcher should know (a picture was resized …). */
  readonly notes: readonly string[]
}
