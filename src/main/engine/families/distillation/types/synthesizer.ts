import type { Position, PseudoBatch, StepMetrics, StudentBatch } from './batches'

/** Invents images. */
export interface Synthesizer {
  /** One update of what makes the images, or a synthesis call of many. */
  step(position: Position): StepMetrics | Promise<StepMetrics>
  /** A new pseudo batch. */
  sample(position: Position): PseudoBatch
  /**
   * Further images for a student update of the same pseudo batch, for methods whose student sees new ones at every
   * update.
   */
  fresh?(): StudentBatch
  /** Forgets what it has learnt from earlier synthetic images and still uses. */
  forget?(): void
}
