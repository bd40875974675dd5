/** Small operations on image sets, free of any data set. */
import type { ClassExamples, ImageRange, ImageSet } from './types'

export const bytesPerImage = (set: Pick<ImageSet, 'height' | 'width' | 'channels'>): number =>
  set.height * set.width * set.channels

/** `count` images from `first` on, cut to the set's size; a copy, so that it can be transferred. */
export function sliceImages(set: ImageSet, first: number, count: number): ImageSet {
  const from = Math.min(Math.max(0, first), set.count)
  const to = Math.min(from + Math.max(0, count), set.count)
  const size = bytesPerImage(set)
  return {
    ...set,
    count: to - from,
    pixels: set.pixels.slice(from * size, to * size),
    labels: set.labels.slice(from, to),
  }
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

/**
 * At most so many places, ascending: the same share of each class, evenly within it, also where classes take turns.
 */
export function evenlyByClass(labels: ArrayLike<number>, most: number): number[] {
  const byClass = Array.from(labels, (label, place) => ({ label, place })).sort(
    (left, right) => left.label - right.label || left.place - right.place,
  )
  const count = Math.min(most, byClass.length)
  return Array.from(
    { length: count },
    (_, row) => byClass[Math.floor((row * byClass.length) / count)]?.place ?? 0,
  ).sort((left, right) => left - right)
}

/** Where the examples lie in a set with these labels. */
export function placesOfExamples(labels: ArrayLike<number>, { classes, perClass }: ClassExamples): number[] {
  const found = new Map<number, number[]>(classes.map((label) => [label, []]))
  let wanted = found.size * perClass
  for (let index = 0; index < labels.length && wanted > 0; index++) {
    const places = found.get(labels[index]!)
    if (!places || places.length >= perClass) continue
    places.push(index)
    wanted -= 1
  }
  return [...found.values()].flat()
}

/** The wanted images of a set at hand. */
export const pickImages = (set: ImageSet, wanted: ImageRange | ClassExamples): ImageSet =>
  'classes' in wanted
    ? selectImages(set, placesOfExamples(set.labels, wanted))
    : sliceImages(set, wanted.first, wanted.count)

/** Sets of equal shape, one after the other; `shape` is that of the result where there are none. */
export function joinImages(shape: ImageSet, sets: readonly ImageSet[]): ImageSet {
  const size = bytesPerImage(shape)
  const count = sets.reduce((sum, set) => sum + set.count, 0)
  const pixels = new Uint8Array(count * size)
  const labels = new Int32Array(count)
  let row = 0
  for (const set of sets) {
    pixels.set(set.pixels, row * size)
    labels.set(set.labels, row)
    row += set.count
  }
  return { ...shape, count, pixels, labels }
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
