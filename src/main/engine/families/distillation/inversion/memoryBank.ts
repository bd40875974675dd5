/** What the synthetic images of earlier calls looked like to the teacher: the negatives of the contrastive term. */
import * as tf from '@tensorflow/tfjs-core'
import { float32Tensor, toFloat32 } from '../../../weights/weightMap'
import type { RandomStream } from '../../../maths/random'
import type { StateBundle } from '../state'

export interface MemoryBankOptions {
  /** Rows kept; the oldest give way. */
  readonly capacity: number
  /** Numbers per row: local and global features, one after the other. */
  readonly width: number
  /** Rows drawn per step, at most as many as are kept. */
  readonly negatives: number
  /**
   * What the call sees after the ring has been filled for the first time, exactly: its rows, or nothing as in the
   * reference.
   */
  readonly whenFull: 'kept' | 'empty'
}

export interface MemoryBank {
  /** Takes over the rows of [n, width]. */
  add(rows: tf.Tensor2D): void
  clear(): void
  /**
   * Whether it hides its rows now as the reference's does (`whenFull`); the reference then keeps the images of the
   * call's first step.
   */
  readonly looksEmpty: boolean
  /**
   * Random rows without repetition, [negatives, width], and 1 for each that is there. All of them in order while there
   * are no more than asked for.
   */
  draw(): { rows: tf.Tensor2D; present: Float32Array }
}

/**
 * A ring of rows on the host, part of every checkpoint.
 * Reference: ABD cmi/datafree/synthesis/contrastive.py MemoryBank. Fixed here: the reference counts updates and
 * compares them with > to the capacity,
 * so that the call after the ring has been filled exactly finds it empty; the mean over nothing makes that call's
 * losses NaN, and the images of its
 * first step, of an untrained generator, are kept. `whenFull: 'empty'` brings the call back; its loss leaves the mean
 * over nothing out.
 */
export function createMemoryBank(options: MemoryBankOptions, stream: RandomStream, state: StateBundle): MemoryBank {
  const { capacity, width, whenFull } = options
  // Rows that can never be there would only be computed and masked.
  const negatives = Math.min(options.negatives, capacity)
  let data = new Float32Array(0)
  let filled = 0
  let next = 0
  let added = 0
  const grow = (rows: number): void => {
    if (rows * width <= data.length) return
    const larger = new Float32Array(Math.min(capacity, Math.max(rows, 2 * filled)) * width)
    larger.set(data)
    data = larger
  }
  state.addPlain('memoryBank', {
    read: () => ({ next, added }),
    write: (saved) => {
      next = Number(saved.next ?? 0)
      added = Number(saved.added ?? next)
    },
  })
  state.addPooled('memoryBankRows', {
    read: () =>
      filled === 0 ? new Map() : new Map([['rows', float32Tensor([filled, width], data.slice(0, filled * width))]]),
    write: (saved) => {
      const rows = saved.get('rows')
      filled = rows?.shape[0] ?? 0
      data = rows ? Float32Array.from(toFloat32(rows)) : new Float32Array(0)
    },
  })

  const looksEmpty = (): boolean => whenFull === 'empty' && added === capacity
  return {
    get looksEmpty() {
      return looksEmpty()
    },
    add(rows) {
      const values = rows.dataSync() as Float32Array
      for (let row = 0; row < rows.shape[0]; row++) {
        grow(next + 1)
        data.set(values.subarray(row * width, (row + 1) * width), next * width)
        filled = Math.max(filled, next + 1)
        next = (next + 1) % capacity
        added += 1
      }
    },
    clear() {
      data = new Float32Array(0)
      filled = 0
      next = 0
      added = 0
    },
    draw() {
      const out = new Float32Array(negatives * width)
      const count = looksEmpty() ? 0 : Math.min(negatives, filled)
      if (count === 0) return { rows: tf.tensor2d(out, [negatives, width]), present: new Float32Array(negatives) }
      if (count === filled) out.set(data.subarray(0, filled * width))
      else
        stream
          .permutation(filled)
          .subarray(0, count)
          .forEach((row, place) => {
            out.set(data.subarray(row * width, (row + 1) * width), place * width)
          })
      return {
        rows: tf.tensor2d(out, [negatives, width]),
        present: Float32Array.from({ length: negatives }, (_unused, place) => (place < count ? 1 : 0)),
      }
    },
  }
}
