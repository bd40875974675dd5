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
  /** 1 where a defense of the student suspects the sample. */
  suspected?: number[]
  /** How far its pixels vary; absent in records of earlier versions. */
  variation?: ImageVariation
}

/** Of the images of a kept step, as fractions of the range of pixel values. */
export interface ImageVariation {
  /** Standard deviation of the pixel values within an image, mean over the images; 0: plain areas. */
  within: number
  /** Standard deviation of a pixel value over the images, mean over the pixels; 0: one image again and again. */
  between: number
}

/** Of a synthesis call: which of its images came into the pool. */
export interface CallOrigin {
  /** The pseudo batch, counted from 1. */
  call: number
  /** The step whose images they are, counted from 1, of so many; the images of all others were discarded. */
  keptStep: number
  steps: number
  /** The synthesizer's loss at that step. */
  loss: number
}

/** What one synthesis call gave to the pool, in the pool's own bytes. */
export interface PooledImages extends CallOrigin, ImageBatch {
  /** Images in the pool with these. */
  poolImages: number
}

/** One call in the account of a pool. */
export interface PoolCall extends CallOrigin {
  images: number
  /** How many of them are in the pool still: the last ones. Newer calls have displaced the others. */
  inPool: number
  /** Whether its image grid is on disk: the budget may have taken it. */
  onDisk: boolean
}

/** A student's pool of synthetic images. */
export interface PoolSummary {
  /** In ascending order. */
  calls: PoolCall[]
  /** Images in the pool now. */
  images: number
  /** Those of them that an earlier student's calls gave, from which this one goes on. */
  elsewhere: number
  /** Disk that the image grids use, and may use. */
  bytes: number
  budgetBytes: number
}

/** Where kept images of a student lie: among the steps that it kept, or among the calls that filled its pool. */
export const imageSources = ['steps', 'pool'] as const
export type ImageSource = (typeof imageSources)[number]

/** Which images of one kept step or call: `at` is the step or the call, `indexes` count from 0 within it. */
export interface ImagePick {
  at: number
  indexes: number[]
}

/** What is known of the images of one kept step or call, without their pixels. */
export interface KeptGrid
  extends
    Omit<ImageBatch, 'pixels'>,
    Pick<SyntheticImages, 'teacherClass' | 'teacherConfidence' | 'studentClass' | 'studentConfidence' | 'suspected'> {
  at: number
}

/** Some of the kept steps or calls of a student, in ascending order. */
export interface KeptGrids {
  grids: KeptGrid[]
  /** Where to go on asking; null where nothing comes after these. */
  next: number | null
}

/** The picked images of one kept step or call, in the order in which they were asked for. */
export interface GridPixels extends Omit<ImageBatch, 'pixels' | 'count'> {
  at: number
  /** Null where its file is missing or damaged: `fault` says so. */
  pixels: Uint8Array | null
  fault: string | null
}
