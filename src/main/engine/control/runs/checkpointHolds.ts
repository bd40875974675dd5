/**
 * Checkpoints that somebody is reading: thinning takes none away meanwhile. Those of a stage that trains are its
 * trainer's, which keeps the newest and knows of no hold.
 */

export interface CheckpointHolds {
  /** Holds the checkpoint at a step of the stage at a place as long as the work lasts. */
  during<Result>(place: string, step: number, work: () => Promise<Result>): Promise<Result>
  holds(place: string, step: number): boolean
  /** Called when nobody holds a checkpoint of a place any more. */
  onRelease(listener: (place: string) => void): void
}

export function createCheckpointHolds(): CheckpointHolds {
  const held = new Map<string, number[]>()
  let released: (place: string) => void = () => undefined
  return {
    async during(place, step, work) {
      held.set(place, [...(held.get(place) ?? []), step])
      try {
        return await work()
      } finally {
        const left = held.get(place) ?? []
        left.splice(left.indexOf(step), 1)
        if (left.length === 0) {
          held.delete(place)
          released(place)
        }
      }
    },
    holds: (place, step) => held.get(place)?.includes(step) ?? false,
    onRelease(listener) {
      released = listener
    },
  }
}
