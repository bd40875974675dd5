/** Which thumbnail lies in which slot of a bounded store; the one that was not seen for longest gives way. */
export interface AtlasSlots {
  /** The slot of a thumbnail, marked as seen in this frame; −1 where it is not there. */
  seen(key: number): number
  /** A slot for a new thumbnail; −1 where every slot was seen in this frame. */
  take(key: number): number
  has(key: number): boolean
  /** Begins another frame. */
  nextFrame(): void
  readonly size: number
}

export function createAtlasSlots(capacity: number): AtlasSlots {
  const slotOf = new Map<number, number>()
  const keys = new Float64Array(capacity).fill(-1)
  const seenIn = new Uint32Array(capacity)
  let frame = 1
  let hand = 0
  let used = 0
  /** The second-chance rule without its bit: the hand passes by what one of the last two frames has shown. */
  function freeSlot(): number {
    if (used < capacity) return used++
    for (let look = 0; look < 2 * capacity; look++) {
      hand = (hand + 1) % capacity
      const age = frame - (seenIn[hand] ?? 0)
      if (look < capacity ? age > 1 : age > 0) return hand
    }
    return -1
  }
  return {
    get size() {
      return slotOf.size
    },
    has: (key) => slotOf.has(key),
    seen(key) {
      const slot = slotOf.get(key) ?? -1
      if (slot >= 0) seenIn[slot] = frame
      return slot
    },
    take(key) {
      const slot = slotOf.get(key) ?? freeSlot()
      if (slot < 0) return -1
      if (keys[slot] !== key) slotOf.delete(keys[slot] ?? -1)
      slotOf.set(key, slot)
      keys[slot] = key
      seenIn[slot] = frame
      return slot
    },
    nextFrame: () => {
      frame++
    },
  }
}
