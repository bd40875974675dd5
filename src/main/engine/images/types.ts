/** Images as the engine holds them: bytes with labels, and how they become a network’s input. */

/** Size of each image of a set. */
export interface ImageShape {
  readonly height: number
  readonly width: number
  readonly channels: 1 | 3
}

/** Images as bytes, NHWC, with integer labels. */
export interface ImageSet extends ImageShape {
  readonly count: number
  readonly pixels: Uint8Array
  readonly labels: Int32Array
}

/** Per channel, in units of [0, 1] intensities: normalised = (x/255 − mean) / standardDeviation. */
export interface Normalization {
  readonly mean: readonly number[]
  readonly standardDeviation: readonly number[]
}

export interface ImageRange {
  readonly split: 'train' | 'test'
  readonly first: number
  readonly count: number
}

/**
 * The first `perClass` images of each of `classes`, class by class; fewer where a class has fewer, none where it does
 * not exist.
 */
export interface ClassExamples {
  readonly split: 'train' | 'test'
  readonly classes: readonly number[]
  readonly perClass: number
}

/** How training images are varied. */
export interface Augmentation {
  /** Padded by 4 black pixels on each side, and the original size cut out at random. */
  readonly crop: boolean
  /** Mirrored half of the time. */
  readonly flip: boolean
}
