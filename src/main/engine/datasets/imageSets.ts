/** Small operations on image sets, free of any data set. */
import type { ImageSet } from './types'

export const bytesPerImage = (set: Pick<ImageSet, 'height' | 'width' | 'channels'>): number => set.height * set.width * set.channels

/** `count` images from `first` on, cut to the set's size; a copy, so that it can be transferred. */
export function sliceImages(set: ImageSet, first: number, count: number): ImageSet {
  const from = Math.min(Math.max(0, first), set.count)
  const to = Math.min(from + Math.max(0, count), set.count)
  const size = bytesPerImage(set)
  return { ...set, count: to - from, pixels: set.pixels.slice(from * size, to * size), labels: set.labels.slice(from, to) }
}

/** The images at `indices`, in that order. */
export function selectImages(set: ImageSet, indices: ArrayLike<number>): ImageSet {
  const size = bytesPerImage(set)
  const pixels = new Uint8Array(indices.length * size)
  const labels = new Int32Array(indices.length)
  for (let row = 0; row < indices.length; row++) {
    const index = indices[row]!
    pixels.set(set.pixels.subarray(index * size, (index + 1) * size), row * size)
    labels[row] = set.labels[index]!
  }
  return { ...set, count: indices.length, pixels, labels }
}

/** Images per class; labels outside 0 … classes − 1 are not counted. */
export function countClasses(labels: ArrayLike<number>, classes: number): number[] {
  const counts = new Array<number>(classes).fill(0)
  for (let index = 0; index < labels.length; index++) {
    const label = labels[index]!
    if (label >= 0 && label < classes) counts[label]!++
  }
  return counts
}
