/** A set of images as bytes, row-major [count][height][width][channels]. */
export interface ImageBatch {
  count: number
  height: number
  width: number
  channels: 1 | 3
  pixels: Uint8Array
}

/** Synthetic images of one kept step with what the models say of them; arrays have one entry per image. */
export interface SyntheticImages extends ImageBatch {
  step: number
  teacherClass?: number[]
  /** Softmax probability of that class, 0…1. */
  teacherConfidence?: number[]
  studentClass?: number[]
  studentConfidence?: number[]
  /** 1 where the Shuffling Vaccine suspects the sample. */
  suspected?: number[]
}
