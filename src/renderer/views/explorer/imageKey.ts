/** One number that names a kept image of a lane: selections and thumbnails outlive new orders and new steps. */

const [indexes, steps] = [2 ** 14, 2 ** 24]
const lanes = new Map<string, number>()

/** The number of a student's source of images, the same as long as the page lives. */
export function laneNumber(name: string): number {
  const known = lanes.get(name) ?? lanes.size
  lanes.set(name, known)
  return known
}

/** @param index within its step, below 16,384; steps below 16.7 million */
export const imageKey = (lane: number, at: number, index: number): number => (lane * steps + at) * indexes + index

export function partsOfKey(key: number): { lane: number; at: number; index: number } {
  const rest = Math.floor(key / indexes)
  return { lane: Math.floor(rest / steps), at: rest % steps, index: key % indexes }
}
