/** One run at a time: a training takes the machine whole. What waits starts in the order it came. */
export interface RunQueue {
  readonly current: string | null
  add(runId: string): void
  /** Takes a waiting run out; false when it does not wait (any more). */
  remove(runId: string): boolean
  waiting(): string[]
  /** No run starts after this; resolves when the current one has ended. */
  close(): Promise<void>
}

/** `start` drives a run to its end; it must not reject (failures belong to the run's record). */
export function createRunQueue(start: (runId: string) => Promise<void>): RunQueue {
  const waiting: string[] = []
  let current: { runId: string; done: Promise<void> } | null = null
  let closed = false

  const pump = (): void => {
    if (current !== null || closed) return
    const runId = waiting.shift()
    if (runId === undefined) return
    const done = start(runId)
      .catch(() => undefined)
      .then(() => {
        current = null
        pump()
      })
    current = { runId, done }
  }
  return {
    get current() {
      return current?.runId ?? null
    },
    add(runId) {
      // A run that is just ending may be added again: it starts when its end is written down.
      if (waiting.includes(runId)) return
      waiting.push(runId)
      pump()
    },
    remove(runId) {
      const index = waiting.indexOf(runId)
      if (index < 0) return false
      waiting.splice(index, 1)
      return true
    },
    waiting: () => [...waiting],
    async close() {
      closed = true
      await current?.done
    },
  }
}
