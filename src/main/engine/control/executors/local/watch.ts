/** Whether a trainer still answers. */
import type { TrainerCommand } from '../../../protocol/messages'

export interface Watch {
  pong(): void
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
 * Pings a trainer; a native kernel that never returns shows as pings without an answer. Time in which this process
 * slept (suspend, Ctrl+Z) counts for nothing.
 */
export function watchTrainer(send: (command: TrainerCommand) => void, options: WatchOptions): Watch {
  let missed = 0
  let told = false
  const timer = setInterval(() => {
    const silence = missed * options.interval
    missed += 1
    send({ type: 'ping', time: Date.now() })
    if (silence > options.lostAfter) options.onLost()
    else if (silence > options.silentAfter && !told) {
      told = true
      options.onSilent()
    }
  }, options.interval)
  timer.unref()
  return {
    pong() {
      missed = 0
      told = false
    },
    stop: () => clearInterval(timer),
  }
}
