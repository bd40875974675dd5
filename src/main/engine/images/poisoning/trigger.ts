export type TriggerVariant = 'train' | 'test'

/** A trigger for images of one size. */
export interface Trigger {
  /**
   * x' for a stack of NHWC byte images; returns a new array of the same length.
   * float64 arithmetic on 0..255, clipped, truncated to bytes (zskt/datasets/backdoor.py).
   * @param indices places of the images in the full training set; needed by triggers that bring an image of their own
   *   for each
   */
  apply(pixels: Uint8Array, count: number, variant: TriggerVariant, indices?: ArrayLike<number>): Uint8Array
  /** The same before clipping and truncation; the trigger check measures what those take away. */
  exact(pixels: Uint8Array, count: number, variant: TriggerVariant, indices?: ArrayLike<number>): Float64Array
  /** What the researcher should know (a picture was resized …). */
  readonly notes: readonly string[]
}
