/**
 * The selection test: images pooled from some pseudo batches decide whether the shuffles are kept, drawn anew, or given
 * up.
 */
import * as tf from '@tensorflow/tfjs-core'
import { float32Tensor, toFloat32 } from '../../../weights/weightMap'
import { tailTest, type TailTest } from '../../../maths/losses/shufflingVaccine'
import type { StateBundle } from '../../distillation/state'
import { firstPooledBatch, type VaccineParameters } from './parameters'

export interface SelectionPool {
  readonly size: number
  /** Whether images of the pseudo batch (or synthesis step) with this index are pooled. */
  takes(index: number): boolean
  /** Keeps a copy of the images of the pseudo batch with this index, where it is one of those that are pooled. */
  add(images: tf.Tensor4D, index: number): void
  /** `measure` of every pooled batch, in order. */
  map(measure: (images: tf.Tensor4D) => number[]): number[]
  empty(): void
}

/** Pseudo batches `firstPooledBatch` to `testBatches` − 1, part of every checkpoint. */
export function createSelectionPool(testBatches: number, state: StateBundle): SelectionPool {
  let pooled: tf.Tensor4D[] = []
  state.addPooled('shufflingVaccinePool', {
    read: () =>
      new Map(
        pooled.map((images, index) => [
          String(index),
          float32Tensor(images.shape, Float32Array.from(images.dataSync())),
        ]),
      ),
    write: (saved) => {
      tf.dispose(pooled)
      pooled = [...saved.values()].map((tensor) =>
        tf.tensor4d(toFloat32(tensor), tensor.shape as [number, number, number, number]),
      )
    },
  })
  const takes = (index: number): boolean => index >= firstPooledBatch && index < testBatches
  return {
    get size() {
      return pooled.length
    },
    takes,
    add(images, index) {
      if (takes(index)) pooled.push(images.clone())
    },
    map: (measure) => pooled.flatMap((images) => measure(images)),
    empty() {
      tf.dispose(pooled)
      pooled = []
    },
  }
}

export interface SelectionParts {
  /** KL of every pooled image under the ensemble as it stands. */
  pooledKl(): number[]
  reshuffle(): void
  /** After each trial, before the next draw. */
  onTrial?(trial: number, kl: readonly number[], test: TailTest): void
}

/**
 * Tries the ensemble as it stands, then draws it anew until the tail test accepts, `trials` ensembles in all.
 * Permutations compose, as in the reference.
 * Reference: ABD zskt/utils/syn_vaccine.py select_shuffle.
 */
export function selectShuffles(
  { trials, tailRatio }: Pick<VaccineParameters, 'trials' | 'tailRatio'>,
  parts: SelectionParts,
): { accepted: boolean; ratio: number; best: number } {
  let best = 0
  for (let trial = 1; ; trial++) {
    const kl = parts.pooledKl()
    const test = tailTest(kl, tailRatio)
    best = Math.max(best, test.ratio)
    parts.onTrial?.(trial, kl, test)
    if (test.accepted || trial >= trials) return { accepted: test.accepted, ratio: test.ratio, best }
    parts.reshuffle()
  }
}
