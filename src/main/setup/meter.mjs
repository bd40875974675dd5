/** How fast bytes come, over the last seconds: a stalled connection shows at once, a burst does not promise the rest. */
const windowMilliseconds = 5000

/**
 * @param {() => number} now milliseconds
 * @returns {(progress: { phase: string, done: number, total: number }) =>
 *   { bytesPerSecond: number | null, secondsLeft: number | null }} null until a second of the phase has gone by
 */
export function createMeter(now = () => performance.now()) {
  let phase = ''
  /** @type {{ time: number, done: number }[]} */
  let samples = []
  return (progress) => {
    const time = now()
    // Bytes of another phase, or of a part that began anew, tell nothing about this one.
    if (progress.phase !== phase || progress.done < (samples.at(-1)?.done ?? 0)) samples = []
    phase = progress.phase
    samples.push({ time, done: progress.done })
    // The newest sample that is older than the window stays as its beginning.
    while (samples.length > 2 && (samples[1]?.time ?? time) < time - windowMilliseconds) samples.shift()
    const first = samples[0]
    if (first === undefined || time - first.time < 1000) return { bytesPerSecond: null, secondsLeft: null }
    const bytesPerSecond = ((progress.done - first.done) / (time - first.time)) * 1000
    const left = progress.total - progress.done
    return { bytesPerSecond, secondsLeft: bytesPerSecond > 0 ? left / bytesPerSecond : null }
  }
}
