/** Poisoned training sets and triggered test sets as new image sets; the data set itself is never changed. */
import type { Trigger } from './trigger'
import { bytesPerImage, selectImages } from '../imageSets'
import type { ImageSet } from '../types'
import type { PlannedPoisoning } from './plan'

/** Images triggered in one go; bounds the memory of float64 copies. */
const chunk = 256

/**
 * The images to train on: the training part with its poisoned images, then the clean hold-out where the plan says so.
 * @param train the full training set that was planned for
 */
export function poisonTrainingSet(train: ImageSet, planned: PlannedPoisoning, trigger: Trigger): ImageSet {
  const order = planned.trainOnHoldout ? concatenate(planned.trainPart, planned.holdout) : planned.trainPart
  const set = selectImages({ ...train, labels: planned.labels }, order)
  const size = bytesPerImage(train)
  const rowOf = new Int32Array(train.count).fill(-1)
  order.forEach((index, row) => {
    rowOf[index] = row
  })
  for (let first = 0; first < planned.poisoned.length; first += chunk) {
    const indices = planned.poisoned.subarray(first, first + chunk)
    const triggered = trigger.apply(selectImages(train, indices).pixels, indices.length, 'train', indices)
    indices.forEach((index, position) =>
      set.pixels.set(triggered.subarray(position * size, (position + 1) * size), rowOf[index]! * size),
    )
  }
  return set
}

function concatenate(first: Int32Array, second: Int32Array): Int32Array {
  const joined = new Int32Array(first.length + second.length)
  joined.set(first)
  joined.set(second, first.length)
  return joined
}

/** Every image of a whole test set with the test trigger, labels unchanged; those that it does not know stay. */
export const triggerAll = (set: ImageSet, trigger: Trigger): ImageSet => ({
  ...set,
  pixels: trigger.apply(
    set.pixels,
    set.count,
    'test',
    Int32Array.from({ length: set.count }, (_, place) => place),
  ),
})
