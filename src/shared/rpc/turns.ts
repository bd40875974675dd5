/**
 * Whose call is begun next: one of each client in turn, in slices of a few milliseconds, between which what others send
 * is read. However many calls one client sends, another waits for one of them at most, and for the end of a slice.
 */
export interface TurnTaker {
  /** Begins the next of its calls; false when it has none that may begin now. */
  takeTurn(): boolean
}

export interface Turns {
  /** It has a call that may begin. */
  want(taker: TurnTaker): void
  /** It is gone. */
  drop(taker: TurnTaker): void
}

const sliceMilliseconds = 8

export function createTurns(): Turns {
  const waiting = new Set<TurnTaker>()
  /** Null: no slice has begun since others were last read. */
  let sliceEnd: number | null = null
  const endSlice = (): void => {
    sliceEnd = null
    go()
  }
  const go = (): void => {
    for (const taker of waiting) {
      if (sliceEnd === null) {
        sliceEnd = performance.now() + sliceMilliseconds
        setTimeout(endSlice, 0)
      } else if (performance.now() >= sliceEnd) return
      // To the end of the row; a set is gone through in the order in which its members came.
      waiting.delete(taker)
      if (taker.takeTurn()) waiting.add(taker)
    }
  }
  return {
    want(taker) {
      if (waiting.has(taker)) return
      waiting.add(taker)
      go()
    },
    drop: (taker) => void waiting.delete(taker),
  }
}
