/** Progress inside a pseudo batch that takes minutes: a synthesis call, hundreds of student updates. */

const interval = 1000

/**
 * Tells once a second how far a loop is; a loop that is quicker than that tells nothing. The messages leave the process at once, though its event
 * loop waits for the pseudo batch's end: control shows them, and takes them for a sign of life.
 */
export function createWithin(onProgress: (fraction: number, message: string) => void, now: () => number = () => performance.now()): (what: string, done: number, of: number) => void {
  let last = now()
  return (what, done, of) => {
    if (done <= 1) last = now()
    if (now() - last < interval) return
    last = now()
    onProgress(done / of, `${what} ${done} of ${of},`)
  }
}
