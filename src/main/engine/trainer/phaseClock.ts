/** What a trainer's time goes to: at each moment one phase runs, and what is inside another counts for itself alone. */
import type { PhaseTime, ProcessTimings, TimePhase } from '../../../shared/domain'

export interface PhaseClock {
  /** Runs `work`, and if it gives a promise waits for it, in this phase; then the phase before goes on. */
  within<Result>(phase: TimePhase, work: () => Result): Result
  /** From now on. */
  enter(phase: TimePhase): void
  /** What it comes to until now. */
  account(): ProcessTimings
}

/** What the clock reads, of this process: milliseconds since it began, and CPU seconds of all its threads. */
export interface ClockSource {
  /** When the process began; milliseconds since 1970. */
  readonly began: number
  now(): number
  cpuSeconds(): number
  peakBytes(): number
}

const ofProcess: ClockSource = {
  began: performance.timeOrigin,
  now: () => performance.now(),
  cpuSeconds: () => {
    const { user, system } = process.cpuUsage()
    return (user + system) / 1e6
  },
  peakBytes: () => process.resourceUsage().maxRSS * 1024,
}

/** Its first phase is the start, which began with the process. */
export function createPhaseClock(source: ClockSource = ofProcess): PhaseClock {
  const phases: Partial<Record<TimePhase, PhaseTime>> = {}
  let [current, since, cpuSince]: [TimePhase, number, number] = ['start', 0, 0]
  const enter = (phase: TimePhase): void => {
    const [now, cpu] = [source.now(), source.cpuSeconds()]
    const { seconds, cpuSeconds } = phases[current] ?? { seconds: 0, cpuSeconds: 0 }
    phases[current] = { seconds: seconds + (now - since) / 1000, cpuSeconds: cpuSeconds + cpu - cpuSince }
    ;[current, since, cpuSince] = [phase, now, cpu]
  }
  return {
    enter,
    within(phase, work) {
      const outer = current
      enter(phase)
      let result: ReturnType<typeof work> | undefined
      try {
        result = work()
      } finally {
        if (!(result instanceof Promise)) enter(outer)
      }
      return result instanceof Promise ? (result.finally(() => enter(outer)) as typeof result) : result
    },
    account() {
      enter(current)
      return {
        began: Math.round(source.began),
        ended: Math.round(source.began + since),
        phases: { ...phases },
        peakBytes: source.peakBytes(),
      }
    },
  }
}
