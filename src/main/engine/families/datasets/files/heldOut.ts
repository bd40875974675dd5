import type { RandomStream } from '../../../maths/random'

/**
 * The places of a share of each class, chosen at random by a stream of the class's own. At least one image of a class
 * stays on either side; of a class with one image it is not held out.
 */
export function heldOut(
  labels: ArrayLike<number>,
  share: number,
  streamOf: (label: number) => RandomStream,
): ReadonlySet<number> {
  const placesOf = new Map<number, number[]>()
  for (let place = 0; place < labels.length; place++) {
    const places = placesOf.get(labels[place]!)
    if (places) places.push(place)
    else placesOf.set(labels[place]!, [place])
  }
  const chosen = new Set<number>()
  for (const [label, places] of placesOf) {
    const held = Math.min(places.length - 1, Math.max(1, Math.round(share * places.length)))
    for (const index of streamOf(label).permutation(places.length).subarray(0, held)) chosen.add(places[index]!)
  }
  return chosen
}
