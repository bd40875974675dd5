/** Synthetic images with the teacher's answers, gathered once and part of every checkpoint from then on. */
import * as tf from '@tensorflow/tfjs-core'
import { float32Tensor, toFloat32, type WeightMap } from '../../../weights/weightMap'
import type { NamedTensors } from '../../../maths/ops/tensors'
import type { StateBundle } from '../../distillation/state'
import type { PseudoBatch } from '../../distillation/types'

const parts = ['images', 'teacherLogits'] as const

export interface GatheredBatches {
  add(batch: Pick<PseudoBatch, (typeof parts)[number]>): void
  /** Images and teacherLogits of a batch, round and round; the caller disposes them. */
  at(index: number): NamedTensors
}

export function createGatheredBatches(state: StateBundle): GatheredBatches {
  let gathered: WeightMap = new Map()
  state.addPooled('finePruningBatches', {
    read: () => gathered,
    write: (saved) => {
      gathered = new Map(saved)
    },
  })
  const count = (): number => gathered.size / parts.length
  return {
    add(batch) {
      const place = count()
      for (const part of parts)
        gathered.set(`${part}${place}`, float32Tensor(batch[part].shape, Float32Array.from(batch[part].dataSync())))
    },
    at: (index) =>
      Object.fromEntries(
        parts.map((part) => {
          const saved = gathered.get(`${part}${index % count()}`)
          if (!saved) throw new Error('Fine-pruning has gathered no synthetic images.')
          return [part, tf.tensor(toFloat32(saved), [...saved.shape], 'float32')]
        }),
      ),
  }
}
