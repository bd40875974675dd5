/** Whether a trainer still lives: an event loop that turns, not a native kernel that never returns. */

export interface Watch {
  /** A sign of life. */
  heard(): void
  stop(): void
}

export interface WatchOptions {
  interval: number
  /** Milliseconds without an answer until `onSilent`, and until `onLost`. A step may take long: be generous. */
  silentAfter: number
  lostAfter: number
  onSilent(): void
  onLost(): void
}

export const trainerWatch = { interval: 5000, silentAfter: 120_000, lostAfter: 900_000 }

/**
 * Asks for a sign of life again and again. Time in which this process slept (suspend, Ctrl+Z) counts for nothing, since
 * what is counted is how often it asked in vain.
 * @param ask e.g. sends a ping, or looks at a heartbeat file; `heard` is called where there is an answer
 */
export function watchTrainer(ask: () => void, options: WatchOptions): Watch {
  let missed = 0
  let told = false
  const timer = setInterval(() => {
    const silence = missed * options.interval
    missed += 1
    ask()
    if (silence > options.lostAfter) options.onLost()
    else if (silence > options.silentAfter && !told) {
      told = true
      options.onSilent()
    }
  }, options.interval)
  timer.unref()
  return {
    heard() {
      missed = 0
      told = false
    },
    stop: () => clearInterval(timer),
  }
}
