/**
 * Keeps long loops from blocking the event loop: control answers every call within 100 ms while it reads or draws
 * images.
 */
import type { Steps } from '../../../shared/domain'

const sliceMilliseconds = 8

export interface Yielding {
  /** True when the loop has run long enough to let others work. */
  due(): boolean
  /** Lets pending events run. @throws the signal's reason when it was aborted */
  pause(): Promise<void>
}

/** Resolves when pending events have run. */
export const letOthersWork = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** `if (yielding.due()) await yielding.pause()` costs next to nothing when it is not due. */
export function createYielding(signal?: AbortSignal): Yielding {
  let started = performance.now()
  return {
    due: () => performance.now() - started >= sliceMilliseconds,
    async pause() {
      await letOthersWork()
      signal?.throwIfAborted()
      started = performance.now()
    },
  }
}

/** Work in steps, with a rest whenever it is due. */
export async function inSlices<Result>(steps: Steps<Result>, signal?: AbortSignal): Promise<Result> {
  const yielding = createYielding(signal)
  for (;;) {
    const step = steps.next()
    if (step.done === true) return step.value
    if (yielding.due()) await yielding.pause()
  }
}
